/**
 * Writes samples as a remote-write 2.0 body (`io.prometheus.write.v2.Request`),
 * in which every text stands once and is named by its place:
 *
 *   request    = (symbol = 4)* (timeseries = 5)*          the first symbol is ""
 *   timeseries = label_refs 1, (sample = 2)*, (exemplar = 4)*, metadata 5
 *   sample     = value 1, timestamp 2
 *   exemplar   = label_refs 1, value 2, timestamp 3
 *   metadata   = type 1, help_ref 3, unit_ref 4
 */
import type { Labels } from '#signals/matchers.ts';
import { ProtobufSink } from '#signals/otlp/protobuf-sink.ts';
import { FIXED64, VARINT } from '#signals/otlp/wire.ts';
import { METADATA_TYPES, STALE_BITS } from '#signals/prometheus/remote-write.ts';
import type { Exemplar, MetricDescription } from '#signals/prometheus/sink.ts';

const encoder = new TextEncoder();

export interface SeriesWriter {
  /** Undefined is a staleness marker. */
  sample(timeMs: number, value: number | undefined): void;
  exemplar(exemplar: Exemplar): void;
}

export class WriteRequestV2Writer {
  readonly #series = new ProtobufSink();
  readonly #symbols = new ProtobufSink();
  readonly #places = new Map<string, number>();
  #samples = 0;
  #exemplars = 0;

  constructor() {
    this.#place('');
  }

  get samples(): number {
    return this.#samples;
  }

  get exemplars(): number {
    return this.#exemplars;
  }

  /** A series has one sample at least. */
  series(
    labels: Labels,
    description: MetricDescription | undefined,
    write: (to: SeriesWriter) => void,
  ): void {
    const start = this.#series.open(5);
    this.#labels(labels);
    write({
      sample: (timeMs, value) => this.#sample(timeMs, value),
      exemplar: (exemplar) => this.#exemplar(exemplar),
    });
    if (description !== undefined) this.#metadata(description);
    this.#series.close(start);
  }

  /** The body. The writer is used up. */
  take(): Uint8Array {
    this.#symbols.append(this.#series.take());
    return this.#symbols.take();
  }

  #sample(timeMs: number, value: number | undefined): void {
    const start = this.#series.open(2);
    this.#value(1, value);
    this.#time(2, timeMs);
    this.#series.close(start);
    this.#samples += 1;
  }

  #exemplar({ labels, value, timeMs }: Exemplar): void {
    const start = this.#series.open(4);
    this.#labels(labels);
    this.#value(2, value);
    this.#time(3, timeMs);
    this.#series.close(start);
    this.#exemplars += 1;
  }

  #metadata({ type, help, unit }: MetricDescription): void {
    const start = this.#series.open(5);
    this.#number(1, METADATA_TYPES.indexOf(type));
    this.#number(3, this.#place(help));
    this.#number(4, this.#place(unit));
    this.#series.close(start);
  }

  /** Names and values in turn, sorted by name. */
  #labels(labels: Labels): void {
    const start = this.#series.open(1);
    for (const name of Object.keys(labels).toSorted()) {
      this.#series.varint(this.#place(name));
      this.#series.varint(this.#place(labels[name] ?? ''));
    }
    this.#series.close(start);
  }

  #place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(text, place);
    const start = this.#symbols.open(4);
    this.#symbols.append(encoder.encode(text));
    this.#symbols.close(start);
    return place;
  }

  #value(field: number, value: number | undefined): void {
    this.#series.tag(field, FIXED64);
    if (value === undefined) this.#series.fixed64(STALE_BITS);
    else this.#series.double(value);
  }

  #time(field: number, timeMs: number): void {
    this.#series.tag(field, VARINT);
    this.#series.integer(Math.trunc(timeMs));
  }

  #number(field: number, value: number): void {
    this.#series.tag(field, VARINT);
    this.#series.varint(value);
  }
}
