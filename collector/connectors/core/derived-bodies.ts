/** Derived samples as bodies of `prom-samples` records of a size the journal likes. */
import type { Labels } from '#signals/matchers.ts';
import type { Exemplar, MetricDescription, SampleSink } from '#signals/prometheus/sink.ts';
import { WriteRequestWriter } from '#signals/prometheus/write-request.ts';

/** A body begins anew after so much: a record should not hold up the commit of others. */
export const BODY_BYTES_TARGET = 1024 * 1024;

export interface DerivedBody {
  /** Samples in it. */
  readonly items: number;
  /** A remote-write 1.0 `WriteRequest`. */
  readonly body: Uint8Array;
}

export class DerivedBodies implements SampleSink {
  #writer = new WriteRequestWriter();
  readonly #done: DerivedBody[] = [];

  sample(labels: Labels, timeMs: number, value: number, stale: boolean): void {
    if (this.#writer.bytes >= BODY_BYTES_TARGET) this.#end();
    this.#writer.sample(labels, timeMs, value, stale);
  }

  exemplar(labels: Labels, exemplar: Exemplar): void {
    this.#writer.exemplar(labels, exemplar);
  }

  metadata(name: string, description: MetricDescription): void {
    this.#writer.metadata(name, description);
  }

  /** All bodies that hold a sample. The sink is used up. */
  take(): readonly DerivedBody[] {
    this.#end();
    return this.#done;
  }

  #end(): void {
    const { samples: items } = this.#writer;
    // A copy: the writer's buffer is up to twice as large, and bodies cross threads.
    if (items > 0) this.#done.push({ items, body: this.#writer.take().slice() });
    this.#writer = new WriteRequestWriter();
  }
}
