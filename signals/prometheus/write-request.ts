/**
 * Writes samples as a remote-write 1.0 body, the form of `prom-samples` records;
 * `remote-write.ts` reads it and shows its grammar. What comes in a row with the
 * same labels object stands in one series.
 */
import type { Labels } from '#signals/matchers.ts';
import { FIXED64, VARINT } from '#signals/otlp/wire.ts';
import { ProtobufSink } from '#signals/otlp/protobuf-sink.ts';
import { METADATA_TYPES, STALE_BITS } from '#signals/prometheus/remote-write.ts';
import type { Exemplar, MetricDescription, SampleSink } from '#signals/prometheus/sink.ts';

const encoder = new TextEncoder();
/** Label texts kept as bytes: those of one series after the other are mostly the same. */
const ENCODED_MAX = 4096;

export class WriteRequestWriter implements SampleSink {
  readonly #sink = new ProtobufSink();
  readonly #encoded = new Map<string, Uint8Array>();
  #open: { readonly labels: Labels; readonly start: number } | undefined;
  #samples = 0;

  /** Samples so far: the items of the record. */
  get samples(): number {
    return this.#samples;
  }

  get bytes(): number {
    return this.#sink.length;
  }

  sample(labels: Labels, timeMs: number, value: number, stale: boolean): void {
    this.#series(labels);
    const start = this.#sink.open(2);
    this.#value(1, stale ? undefined : value);
    this.#time(2, timeMs);
    this.#sink.close(start);
    this.#samples += 1;
  }

  exemplar(labels: Labels, exemplar: Exemplar): void {
    this.#series(labels);
    const start = this.#sink.open(3);
    this.#labels(exemplar.labels);
    this.#value(2, exemplar.value);
    this.#time(3, exemplar.timeMs);
    this.#sink.close(start);
  }

  metadata(name: string, { type, help, unit }: MetricDescription): void {
    this.#endSeries();
    const start = this.#sink.open(3);
    this.#sink.tag(1, VARINT);
    this.#sink.varint(METADATA_TYPES.indexOf(type));
    this.#text(2, name);
    this.#text(4, help);
    this.#text(5, unit);
    this.#sink.close(start);
  }

  /** The body. The writer is used up. */
  take(): Uint8Array {
    this.#endSeries();
    return this.#sink.take();
  }

  #series(labels: Labels): void {
    if (this.#open?.labels === labels) return;
    this.#endSeries();
    this.#open = { labels, start: this.#sink.open(1) };
    this.#labels(labels);
  }

  #endSeries(): void {
    if (this.#open !== undefined) this.#sink.close(this.#open.start);
    this.#open = undefined;
  }

  /** Sorted, as the protocol asks. */
  #labels(labels: Labels): void {
    for (const name of Object.keys(labels).toSorted()) {
      const start = this.#sink.open(1);
      this.#repeated(1, name);
      this.#repeated(2, labels[name] ?? '');
      this.#sink.close(start);
    }
  }

  #repeated(field: number, text: string): void {
    let bytes = this.#encoded.get(text);
    if (bytes === undefined) {
      if (this.#encoded.size >= ENCODED_MAX) this.#encoded.clear();
      bytes = encoder.encode(text);
      this.#encoded.set(text, bytes);
    }
    const start = this.#sink.open(field);
    this.#sink.append(bytes);
    this.#sink.close(start);
  }

  #text(field: number, text: string): void {
    const start = this.#sink.open(field);
    this.#sink.append(encoder.encode(text));
    this.#sink.close(start);
  }

  /** Undefined is the staleness marker, whose bits are no number of JavaScript's. */
  #value(field: number, value: number | undefined): void {
    this.#sink.tag(field, FIXED64);
    if (value === undefined) this.#sink.fixed64(STALE_BITS);
    else this.#sink.double(value);
  }

  #time(field: number, timeMs: number): void {
    this.#sink.tag(field, VARINT);
    this.#sink.integer(Math.trunc(timeMs));
  }
}
