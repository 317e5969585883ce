/** How long spans took, without a bigint for each. */
import type { SpanColumns } from '#signals/otlp/columns.ts';

const HIGH_WORD = 2 ** 32;

/** Nanoseconds by span, exact below 2^53; one that ends before it starts took none. */
export class Durations {
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;

  constructor({ startUnixNanos, endUnixNanos }: SpanColumns) {
    this.#starts = words(startUnixNanos);
    this.#ends = words(endUnixNanos);
  }

  nanos(span: number): number {
    const low = (this.#ends[2 * span] ?? 0) - (this.#starts[2 * span] ?? 0);
    const high = (this.#ends[2 * span + 1] ?? 0) - (this.#starts[2 * span + 1] ?? 0);
    return Math.max(0, high * HIGH_WORD + low);
  }
}

/** Low word first: all machines Node runs on are little-endian. */
function words(column: BigUint64Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, 2 * column.length);
}
