/**
 * Counts of bad and all events in buckets of equal length, the newest
 * `capacity` of them. Sums are exact, and reading one costs two look-ups
 * whatever the length: prefix sums in two levels, small ones inside a block of
 * 16 buckets and a double at the start of each block.
 *
 * ```
 *  bucket   … 15 │ 16 17 18 … 31 │ 32 33 ← head
 *  off             1  1  4     9    0  2      events since the block began
 *  base            120              129       events before the block
 * ```
 *
 * An event in the past touches the rest of its block and one base a block up to
 * the head. Limit: a block holds at most 2^32 - 1 events (at 45 min a bucket,
 * 99,000 a second without a pause).
 */
import { invariant } from '#base/invariant.ts';
import type { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';

const BLOCK = 16;

/** Bad events and all events. */
export interface Counts {
  readonly bad: number;
  readonly total: number;
}

export class CountRing {
  readonly bucketMs: number;
  readonly #capacity: number;
  readonly #offBad: Uint32Array;
  readonly #offTotal: Uint32Array;
  readonly #baseBad: Float64Array;
  readonly #baseTotal: Float64Array;
  /** Number of the newest bucket (time divided by `bucketMs`); -1 before the first event. */
  #head = -1;

  /**
   * @param bucketMs length of a bucket
   * @param buckets how many must be readable behind the newest
   */
  constructor(bucketMs: number, buckets: number) {
    invariant(bucketMs > 0 && buckets > 0, 'a ring has buckets of some length');
    this.bucketMs = bucketMs;
    // One block more: the one the head is writing into has lost its old end.
    this.#capacity = Math.ceil((buckets + 1 + BLOCK) / BLOCK) * BLOCK;
    this.#offBad = new Uint32Array(this.#capacity);
    this.#offTotal = new Uint32Array(this.#capacity);
    this.#baseBad = new Float64Array(this.#capacity / BLOCK);
    this.#baseTotal = new Float64Array(this.#capacity / BLOCK);
  }

  get bytes(): number {
    return this.#capacity * 8 + (this.#capacity / BLOCK) * 16;
  }

  /** Time of the oldest bucket that can be read and written; 0 when empty. */
  get oldestMs(): number {
    return this.#oldest * this.bucketMs;
  }

  /** End of the newest bucket; 0 when empty. */
  get endMs(): number {
    return (this.#head + 1) * this.bucketMs;
  }

  get #oldest(): number {
    return Math.max(0, (Math.floor(this.#head / BLOCK) + 1) * BLOCK - this.#capacity);
  }

  /** Counts events at `timeMs`; false when that is further back than the ring reaches. */
  add(timeMs: number, bad: number, total: number): boolean {
    const bucket = Math.floor(timeMs / this.bucketMs);
    if (bucket > this.#head) this.#advance(bucket);
    if (bucket < this.#oldest) return false;
    const headBlock = Math.floor(this.#head / BLOCK);
    const block = Math.floor(bucket / BLOCK);
    const last = block === headBlock ? this.#head : block * BLOCK + BLOCK - 1;
    const from = bucket % this.#capacity;
    for (let slot = from; slot <= from + last - bucket; slot += 1) {
      this.#offBad[slot] = (this.#offBad[slot] ?? 0) + bad;
      this.#offTotal[slot] = (this.#offTotal[slot] ?? 0) + total;
    }
    for (let later = block + 1; later <= headBlock; later += 1) {
      const index = later % this.#baseBad.length;
      this.#baseBad[index] = (this.#baseBad[index] ?? 0) + bad;
      this.#baseTotal[index] = (this.#baseTotal[index] ?? 0) + total;
    }
    return true;
  }

  /** Bad events in buckets that start at or after `sinceMs` and before `untilMs`. */
  bad(sinceMs: number, untilMs = Infinity): number {
    return this.#between(this.#baseBad, this.#offBad, sinceMs, untilMs);
  }

  /** All events in buckets that start at or after `sinceMs` and before `untilMs`. */
  total(sinceMs: number, untilMs = Infinity): number {
    return this.#between(this.#baseTotal, this.#offTotal, sinceMs, untilMs);
  }

  write(out: ByteWriter): void {
    out.uint(this.bucketMs);
    out.uint(this.#head + 1);
    if (this.#head < 0) return;
    out.uint(this.#head - this.#oldest + 1);
    let next = this.#oldest;
    for (let block = Math.floor(this.#oldest / BLOCK); block * BLOCK <= this.#head; block += 1) {
      next = this.#writeBlock(out, block, next);
    }
    // Zeros stand in runs: a quiet month is a few bytes.
    out.uint(this.#head + 1 - next);
    out.uint(0);
  }

  /** @param next the first bucket not written yet; returned is the new one */
  #writeBlock(out: ByteWriter, block: number, next: number): number {
    const last = Math.min(block * BLOCK + BLOCK - 1, this.#head);
    const slotOf = (bucket: number): number => bucket % this.#capacity;
    if (this.#offTotal[slotOf(last)] === 0) return next;
    let [bad, total, written] = [0, 0, next];
    for (let bucket = block * BLOCK; bucket <= last; bucket += 1) {
      const badNow = this.#offBad[slotOf(bucket)] ?? 0;
      const totalNow = this.#offTotal[slotOf(bucket)] ?? 0;
      if (totalNow !== total) {
        out.uint(bucket - written);
        out.uint(totalNow - total);
        out.uint(badNow - bad);
        written = bucket + 1;
      }
      bad = badNow;
      total = totalNow;
    }
    return written;
  }

  #between(base: Float64Array, off: Uint32Array, sinceMs: number, untilMs: number): number {
    const first = Math.max(Math.ceil(sinceMs / this.bucketMs), this.#oldest);
    const end = Math.min(Math.ceil(untilMs / this.bucketMs) - 1, this.#head);
    if (end < first) return 0;
    const before = first === this.#oldest ? this.#start(base) : this.#upTo(base, off, first - 1);
    return this.#upTo(base, off, end) - before;
  }

  /** Events up to and including a bucket, from some fixed beginning. */
  #upTo(base: Float64Array, off: Uint32Array, bucket: number): number {
    const slot = bucket % this.#capacity;
    return (base[(slot / BLOCK) | 0] ?? 0) + (off[slot] ?? 0);
  }

  /** Events before the oldest bucket: it always begins a block. */
  #start(base: Float64Array): number {
    return base[((this.#oldest % this.#capacity) / BLOCK) | 0] ?? 0;
  }

  #advance(bucket: number): void {
    // After a pause longer than the ring only the sums so far matter: start over.
    if (this.#head < 0 || bucket - this.#head >= this.#capacity) {
      this.#offBad.fill(0);
      this.#offTotal.fill(0);
      this.#baseBad.fill(0);
      this.#baseTotal.fill(0);
      this.#head = bucket;
      return;
    }
    for (let next = this.#head + 1; next <= bucket; next += 1) {
      const slot = next % this.#capacity;
      if (next % BLOCK === 0) {
        this.#baseBad[slot / BLOCK] = this.#upTo(this.#baseBad, this.#offBad, next - 1);
        this.#baseTotal[slot / BLOCK] = this.#upTo(this.#baseTotal, this.#offTotal, next - 1);
        this.#offBad[slot] = 0;
        this.#offTotal[slot] = 0;
      } else {
        const previous = (next - 1) % this.#capacity;
        this.#offBad[slot] = this.#offBad[previous] ?? 0;
        this.#offTotal[slot] = this.#offTotal[previous] ?? 0;
      }
      this.#head = next;
    }
  }
}

/** One bucket of a stored ring. */
export interface StoredBucket extends Counts {
  readonly startMs: number;
}

/** What {@link CountRing.write} wrote: its buckets with events, oldest first. */
export function readStoredRing(input: ByteReader): { bucketMs: number; buckets: StoredBucket[] } {
  const bucketMs = input.uint();
  const head = input.uint() - 1;
  const buckets: StoredBucket[] = [];
  if (head < 0) return { bucketMs, buckets };
  let bucket = head - input.uint() + 1;
  for (;;) {
    bucket += input.uint();
    const total = input.uint();
    if (total === 0) return { bucketMs, buckets };
    buckets.push({ startMs: bucket * bucketMs, bad: input.uint(), total });
    bucket += 1;
  }
}
