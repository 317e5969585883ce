/**
 * The history of one SLO: rings of growing bucket length. The finest that is
 * long enough answers; so a window costs the same from five seconds to ninety
 * days, and its sums are exact on bucket borders.
 */
import { present } from '#base/invariant.ts';
import { EVENT_AHEAD_MS_MAX } from '#alerting/slo/core/event-time.ts';
import { ByteReader, ByteWriter, SnapshotError } from '#alerting/slo/core/bytes.ts';
import { CountRing, readStoredRing, type Counts, type StoredBucket } from '#alerting/slo/core/count-ring.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The longest period an SLO may have: with it the rings stay under 80 KB. */
export const PERIOD_MS_MAX = 90 * DAY_MS;

/** Bucket length and reach of each ring but the last, which spans the period. */
const FINE_TIERS = [
  { bucketMs: SECOND_MS, spanMs: 15 * MINUTE_MS },
  { bucketMs: 15 * SECOND_MS, spanMs: 6 * HOUR_MS },
  { bucketMs: 2 * MINUTE_MS, spanMs: 3 * DAY_MS },
] as const;
/** Buckets of the last ring: at 30 days a quarter of an hour each. */
const COARSE_BUCKETS = 2880;
const SNAPSHOT_VERSION = 1;

interface Tier {
  readonly spanMs: number;
  readonly ring: CountRing;
}

export class Rings {
  readonly #tiers: readonly Tier[];

  /** @param periodMs the longest window asked for, at most {@link PERIOD_MS_MAX} */
  constructor(periodMs: number) {
    const tiers: { bucketMs: number; spanMs: number }[] = FINE_TIERS.filter(
      (_, index) => index === 0 || (FINE_TIERS[index - 1]?.spanMs ?? 0) < periodMs,
    );
    const reachMs = Math.max(...tiers.map((tier) => tier.spanMs));
    if (reachMs < periodMs) {
      const bucketMs = Math.ceil(periodMs / COARSE_BUCKETS / MINUTE_MS) * MINUTE_MS;
      tiers.push({ bucketMs, spanMs: periodMs });
    }
    this.#tiers = tiers.map(({ bucketMs, spanMs }) => ({
      spanMs,
      // Events from ahead of time push the head forward; the past must stay readable.
      ring: new CountRing(bucketMs, Math.ceil((spanMs + EVENT_AHEAD_MS_MAX) / bucketMs)),
    }));
  }

  get bytes(): number {
    return this.#tiers.reduce((sum, tier) => sum + tier.ring.bytes, 0);
  }

  /** How far back counts are kept, at least. */
  get reachMs(): number {
    return present(this.#tiers.at(-1), 'there is at least one tier').spanMs;
  }

  add(timeMs: number, bad: number, total: number): void {
    for (const { ring } of this.#tiers) ring.add(timeMs, bad, total);
  }

  /** Length of the buckets that answer for a window of this length. */
  bucketMsFor(windowMs: number): number {
    return this.#tierFor(windowMs).bucketMs;
  }

  /**
   * Events of the window that ends now, counted in the buckets that begin
   * inside it; what claims to be up to a minute ahead counts too.
   */
  bad(windowMs: number, nowMs: number): number {
    return this.#tierFor(windowMs).bad(nowMs - windowMs);
  }

  total(windowMs: number, nowMs: number): number {
    return this.#tierFor(windowMs).total(nowMs - windowMs);
  }

  /** Counts from `sinceMs` (inclusive) to `untilMs` (exclusive) in buckets of at least `bucketMs`. */
  between(sinceMs: number, untilMs: number, bucketMs: number): Counts {
    const last = present(this.#tiers.at(-1), 'there is at least one tier');
    const { ring } = this.#tiers.find((tier) => tier.ring.bucketMs >= bucketMs) ?? last;
    return { bad: ring.bad(sinceMs, untilMs), total: ring.total(sinceMs, untilMs) };
  }

  write(out: ByteWriter): void {
    out.uint(SNAPSHOT_VERSION);
    out.uint(this.#tiers.length);
    for (const { ring } of this.#tiers) ring.write(out);
  }

  save(): Uint8Array {
    const out = new ByteWriter();
    this.write(out);
    return out.done();
  }

  /**
   * Takes over what {@link Rings.write} wrote, also when the period was another
   * one then: each ring fills from the stored ring of its own bucket length,
   * else from the one that reaches furthest back.
   *
   * @throws SnapshotError when it is not such a snapshot
   */
  read(input: ByteReader): void {
    const version = input.uint();
    if (version !== SNAPSHOT_VERSION) throw new SnapshotError(`snapshot version ${version} is not known`);
    const stored = new Map<number, StoredBucket[]>();
    let longest: StoredBucket[] = [];
    const count = input.uint();
    for (let index = 0; index < count; index += 1) {
      const { bucketMs, buckets } = readStoredRing(input);
      stored.set(bucketMs, buckets);
      longest = buckets;
    }
    for (const { ring } of this.#tiers) {
      for (const { startMs, bad, total } of stored.get(ring.bucketMs) ?? longest)
        ring.add(startMs, bad, total);
    }
  }

  restore(snapshot: Uint8Array): void {
    this.read(new ByteReader(snapshot));
  }

  #tierFor(windowMs: number): CountRing {
    for (const tier of this.#tiers) if (windowMs <= tier.spanMs) return tier.ring;
    return present(this.#tiers.at(-1), 'there is at least one tier').ring;
  }
}
