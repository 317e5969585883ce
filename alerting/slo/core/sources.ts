/**
 * Is telemetry of a service still coming? A heartbeat is any record of the same
 * `service.name`, whatever its kind. A source that was alive and fell silent is
 * blind until the next record; the time it was silent counts as unmeasured.
 * Only services that have an SLO are tracked, so others cost nothing.
 *
 * Not known yet: a clean stop announced by the service. Until then a service
 * that is stopped on purpose and sends more than the odd span turns blind.
 */
import type { RecordKind } from '#signals/records.ts';
import type { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';
import { GapHistogram } from '#alerting/slo/core/gaps.ts';

const MINUTE_MS = 60_000;
/** Fewer arrivals make no habit that could be broken. */
const ARRIVALS_MIN = 3;
/** Silence shorter than this is never blindness. */
const SILENCE_MS_MIN = 30_000;
const P95_GAPS = 3;
/**
 * Where only spans come, pauses are as random as the traffic: 3 × p95 of a
 * Poisson stream happens once in 8,000 pauses, 20 × the mean once in 5 · 10^8.
 */
const MEAN_GAPS_OF_RANDOM_TRAFFIC = 20;
/** With metrics at a steady beat, silence is noticed after this at the latest. */
const PERIODIC_SILENCE_MS_MAX = 2 * MINUTE_MS;
/** Metric export at most this far apart is a steady beat (SDK default 60 s, with the histogram's rounding). */
const PERIODIC_GAP_MS_MAX = 80_000;
/** Holes remembered; when there are more, the two closest become one. */
const HOLES_MAX = 64;

export interface Hole {
  readonly startMs: number;
  readonly endMs: number;
}

export class Source {
  readonly service: string;
  #arrivals = 0;
  #firstMs = 0;
  #lastMs = 0;
  #lastMetricMs = 0;
  #metricArrivals = 0;
  #onlySpans = true;
  #blindSinceMs: number | undefined;
  readonly #gaps = new GapHistogram();
  readonly #metricGaps = new GapHistogram();
  #holes: Hole[] = [];

  constructor(service: string) {
    this.service = service;
  }

  get arrivals(): number {
    return this.#arrivals;
  }

  get blind(): boolean {
    return this.#blindSinceMs !== undefined;
  }

  /** When the last record came; 0 before the first. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Notes that a record with items of this service was received at `atMs`. */
  seen(atMs: number, kind: RecordKind, items: number): void {
    const gapMs = Math.max(0, atMs - this.#lastMs);
    if (this.#arrivals === 0) {
      this.#firstMs = atMs;
    } else {
      if (gapMs > SILENCE_MS_MIN && gapMs > (this.silenceMsMax() ?? Infinity)) {
        this.#addHole({ startMs: this.#lastMs, endMs: atMs });
      }
      this.#gaps.add(atMs, gapMs, items);
    }
    if (kind === 'otlp-metrics') {
      if (this.#metricArrivals > 0) {
        this.#metricGaps.add(atMs, Math.max(0, atMs - this.#lastMetricMs), items);
      }
      this.#metricArrivals += 1;
      this.#lastMetricMs = Math.max(this.#lastMetricMs, atMs);
    }
    this.#onlySpans &&= kind === 'otlp-traces';
    this.#arrivals += 1;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#blindSinceMs = undefined;
  }

  /** Silence longer than this is blindness, by the habits of the last hour; undefined: no silence is. */
  silenceMsMax(): number | undefined {
    if (this.#arrivals < ARRIVALS_MIN) return undefined;
    const gaps = this.#gaps.summary();
    const metricGaps = this.#metricGaps.summary();
    const periodic = metricGaps.count >= ARRIVALS_MIN - 1 && metricGaps.p95Ms <= PERIODIC_GAP_MS_MAX;
    const learnedMs = Math.max(P95_GAPS * gaps.p95Ms, SILENCE_MS_MIN);
    if (periodic) return Math.min(learnedMs, PERIODIC_SILENCE_MS_MAX);
    if (!this.#onlySpans) return learnedMs;
    const ageMs = Math.min(Math.max(this.#lastMs - this.#firstMs, 1), 60 * MINUTE_MS);
    if (gaps.items / (ageMs / MINUTE_MS) < 1) return undefined;
    return Math.max(learnedMs, MEAN_GAPS_OF_RANDOM_TRAFFIC * gaps.meanMs);
  }

  /**
   * Whether the source is blind now. Blindness ends only with a record, never
   * by itself.
   *
   * @param watchedSinceMs since when somebody has been listening without a break
   */
  judge(nowMs: number, watchedSinceMs: number): boolean {
    if (this.#blindSinceMs !== undefined) return true;
    const silentMs = nowMs - Math.max(this.#lastMs, watchedSinceMs);
    if (silentMs <= SILENCE_MS_MIN || silentMs <= (this.silenceMsMax() ?? Infinity)) return false;
    this.#blindSinceMs = nowMs;
    return true;
  }

  /** After a restart: the alert for lost telemetry was firing, so it still is. */
  markBlind(sinceMs: number): void {
    this.#blindSinceMs ??= sinceMs;
  }

  /** How much of [sinceMs, nowMs] was measured; at least one second. */
  measuredMs(sinceMs: number, nowMs: number): number {
    let measuredMs = nowMs - sinceMs;
    for (const hole of this.#holes) {
      measuredMs -= Math.max(0, Math.min(hole.endMs, nowMs) - Math.max(hole.startMs, sinceMs));
    }
    if (this.blind) measuredMs -= Math.max(0, nowMs - Math.max(this.#lastMs, sinceMs));
    return Math.max(1000, measuredMs);
  }

  write(out: ByteWriter): void {
    out.uint(this.#arrivals);
    out.double(this.#firstMs);
    out.double(this.#lastMs);
    out.double(this.#lastMetricMs);
    out.uint(this.#metricArrivals);
    out.uint(this.#onlySpans ? 1 : 0);
    out.double(this.#blindSinceMs ?? 0);
    this.#gaps.write(out);
    this.#metricGaps.write(out);
    out.uint(this.#holes.length);
    for (const hole of this.#holes) {
      out.double(hole.startMs);
      out.double(hole.endMs);
    }
  }

  read(input: ByteReader): void {
    this.#arrivals = input.uint();
    this.#firstMs = input.double();
    this.#lastMs = input.double();
    this.#lastMetricMs = input.double();
    this.#metricArrivals = input.uint();
    this.#onlySpans = input.uint() === 1;
    const blindSinceMs = input.double();
    this.#blindSinceMs = blindSinceMs === 0 ? undefined : blindSinceMs;
    this.#gaps.read(input);
    this.#metricGaps.read(input);
    this.#holes = [];
    for (let left = input.uint(); left > 0; left -= 1) {
      this.#holes.push({ startMs: input.double(), endMs: input.double() });
    }
  }

  #addHole(hole: Hole): void {
    this.#holes.push(hole);
    if (this.#holes.length <= HOLES_MAX) return;
    let closest = 1;
    const pauseBefore = (index: number): number =>
      (this.#holes[index]?.startMs ?? Infinity) - (this.#holes[index - 1]?.endMs ?? 0);
    for (let index = 2; index < this.#holes.length; index += 1) {
      if (pauseBefore(index) < pauseBefore(closest)) closest = index;
    }
    const [left, right] = this.#holes.slice(closest - 1, closest + 1);
    if (left !== undefined && right !== undefined) {
      this.#holes.splice(closest - 1, 2, { startMs: left.startMs, endMs: Math.max(left.endMs, right.endMs) });
    }
  }
}

/** The services that have an SLO. */
export class Sources {
  readonly #byService = new Map<string, Source>();

  get(service: string): Source | undefined {
    return this.#byService.get(service);
  }

  all(): Iterable<Source> {
    return this.#byService.values();
  }

  /** Tracks exactly these services from now on; what is known of them stays. */
  track(services: ReadonlySet<string>): void {
    for (const service of this.#byService.keys()) {
      if (!services.has(service)) this.#byService.delete(service);
    }
    for (const service of services) {
      if (!this.#byService.has(service)) this.#byService.set(service, new Source(service));
    }
  }

  write(out: ByteWriter): void {
    out.uint(this.#byService.size);
    for (const source of this.#byService.values()) {
      out.text(source.service);
      source.write(out);
    }
  }

  /** Of services that are no longer tracked the state is read and let go. */
  read(input: ByteReader): void {
    for (let left = input.uint(); left > 0; left -= 1) {
      const service = input.text();
      (this.#byService.get(service) ?? new Source(service)).read(input);
    }
  }
}
