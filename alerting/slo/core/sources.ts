/**
 * Is telemetry of a service still coming? A heartbeat is any record of the same
 * `service.name`, whatever its kind. A source that was alive and fell silent is
 * blind until the next record; the time it was silent counts as unmeasured. One
 * that can be scraped and says that it served nothing is only at rest.
 * Only services that have an SLO are tracked, so others cost nothing.
 *
 * Not known yet: a clean stop announced by the service. Until then a service
 * that is stopped on purpose and sends more than the odd span turns blind.
 */
import type { RecordKind } from '#signals/records.ts';
import type { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';
import { dividedMs, EVALUATION_AS_WRITTEN, type Evaluation } from '#alerting/slo/core/evaluation.ts';
import { Liveness } from '#alerting/slo/core/liveness.ts';
import { ARRIVALS_MIN, Stream } from '#alerting/slo/core/stream.ts';

const MINUTE_MS = 60_000;
/** Silence shorter than this is never blindness. */
const SILENCE_MS_MIN = 30_000;
/** With metrics at a steady beat, silence is noticed after this at the latest. */
const PERIODIC_SILENCE_MS_MAX = 2 * MINUTE_MS;
/** And in compressed time not before this many of its beats, of which one may be late. */
const PERIODIC_GAPS_MIN = 1.5;
/** In compressed time: exporters send in batches, and machines pause. */
const COMPRESSED_SILENCE_MS_MIN = 5000;
/** Metric export at most this far apart is a steady beat (SDK default 60 s, with the histogram's rounding). */
const PERIODIC_GAP_MS_MAX = 80_000;
/** In the order of snapshots; the last one came with version 2. */
const HEARTBEAT_KINDS = ['otlp-traces', 'otlp-logs', 'otlp-metrics', 'prom-samples'] as const;
const KINDS_IN_VERSION_1 = 3;
/** Holes remembered; when there are more, the two closest become one. */
const HOLES_MAX = 64;

/** How long silence is borne, whatever the habits. */
export interface Patience {
  /** Shorter silence is never blindness. */
  readonly silenceMsMin: number;
  /** With a steady beat of metrics, longer silence is. */
  readonly periodicSilenceMsMax: number;
}

export function patienceOf(evaluation: Evaluation): Patience {
  return {
    silenceMsMin: dividedMs(SILENCE_MS_MIN, evaluation, COMPRESSED_SILENCE_MS_MIN),
    periodicSilenceMsMax: dividedMs(PERIODIC_SILENCE_MS_MAX, evaluation, COMPRESSED_SILENCE_MS_MIN),
  };
}

const PATIENCE = patienceOf(EVALUATION_AS_WRITTEN);

export interface Hole {
  readonly startMs: number;
  readonly endMs: number;
}

export class Source {
  readonly service: string;
  readonly #patience: Patience;
  readonly #streams: Readonly<Record<RecordKind, Stream>> = {
    'otlp-traces': new Stream(),
    'otlp-logs': new Stream(),
    'otlp-metrics': new Stream(),
    'prom-samples': new Stream(),
  };
  readonly #liveness = new Liveness();
  #arrivals = 0;
  #lastMs = 0;
  #blindSinceMs: number | undefined;
  /** Of {@link Source.silenceMsMax}, until the next record: asked at every tick. */
  #silenceMsMax: { readonly ms: number | undefined } | undefined;
  #holes: Hole[] = [];

  constructor(service: string, patience: Patience = PATIENCE) {
    this.service = service;
    this.#patience = patience;
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
    const gapMs = atMs - this.#lastMs;
    if (this.#tooLong(gapMs)) {
      if (!this.#isAtRest(atMs)) this.#addHole({ startMs: this.#lastMs, endMs: atMs });
      for (const known of HEARTBEAT_KINDS) this.#streams[known].forgive(atMs);
    }
    this.#streams[kind].seen(atMs, items);
    this.#liveness.reported(kind, items);
    this.#arrivals += 1;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#blindSinceMs = undefined;
    this.#silenceMsMax = undefined;
  }

  /** Notes that the service could be scraped. */
  scraped(atMs: number): void {
    this.#liveness.scraped(atMs);
  }

  /** Notes how many requests the service says it has served, by one of its series, scraped at `atMs`. */
  served(series: string, count: number, atMs: number): void {
    this.#liveness.served(series, count, atMs);
  }

  /** Silence longer than this is blindness, by the habits of the last hour; undefined: no silence is. */
  silenceMsMax(): number | undefined {
    this.#silenceMsMax ??= { ms: this.#learnSilence() };
    return this.#silenceMsMax.ms;
  }

  #learnSilence(): number | undefined {
    if (this.#arrivals < ARRIVALS_MIN) return undefined;
    const { 'otlp-traces': spans, 'otlp-metrics': metrics, 'prom-samples': samples } = this.#streams;
    if (this.#arrivals === spans.arrivals && spans.perMinute() < 1) return undefined;
    const { silenceMsMin, periodicSilenceMsMax } = this.#patience;
    for (const beat of [metrics, samples]) {
      const { count, p95Ms } = beat.gaps;
      if (count < ARRIVALS_MIN - 1 || p95Ms > PERIODIC_GAP_MS_MAX) continue;
      // A timer beats whether anybody asks something of the service or not: it alone decides.
      const latestMs = Math.max(periodicSilenceMsMax, PERIODIC_GAPS_MIN * p95Ms);
      return Math.min(Math.max(beat.pauseMsMax(), silenceMsMin), latestMs);
    }
    // Before a beat is known the pause to the next metric may be a minute and no harm.
    const patienceMs = metrics.arrivals > 0 ? periodicSilenceMsMax : silenceMsMin;
    const pauses = HEARTBEAT_KINDS.map((kind) => this.#streams[kind].pauseMsMax());
    return Math.max(patienceMs, ...pauses);
  }

  /**
   * Whether the source is blind now. Blindness ends only with a record, never
   * by itself.
   *
   * @param watchedSinceMs since when somebody has been listening without a break
   */
  judge(nowMs: number, watchedSinceMs: number): boolean {
    if (this.#blindSinceMs !== undefined) return true;
    if (!this.#tooLong(nowMs - Math.max(this.#lastMs, watchedSinceMs)) || this.#isAtRest(nowMs)) return false;
    this.#blindSinceMs = nowMs;
    return true;
  }

  /** Whether nothing came for longer than its habit allows, listened to or not. */
  silent(nowMs: number): boolean {
    return this.#tooLong(nowMs - this.#lastMs);
  }

  /** Silent because nobody asks anything of it: it can be scraped, and says itself that it served nothing. */
  #isAtRest(nowMs: number): boolean {
    return this.#liveness.isAtRest(nowMs, this.#patience.silenceMsMin);
  }

  #tooLong(silentMs: number): boolean {
    return silentMs > this.#patience.silenceMsMin && silentMs > (this.silenceMsMax() ?? Infinity);
  }

  /** After a restart: the alert for lost telemetry was firing, so it still is. */
  markBlind(sinceMs: number): void {
    this.#blindSinceMs ??= sinceMs;
  }

  /** How much of [sinceMs, nowMs] was measured; at least one second. */
  measuredMs(sinceMs: number, nowMs: number): number {
    return Math.max(1000, this.heardMs(sinceMs, nowMs));
  }

  /** For how much of [sinceMs, untilMs] telemetry was there; `untilMs` is never in the future. */
  heardMs(sinceMs: number, untilMs: number): number {
    let heardMs = untilMs - sinceMs;
    for (const hole of this.#holes) {
      heardMs -= Math.max(0, Math.min(hole.endMs, untilMs) - Math.max(hole.startMs, sinceMs));
    }
    if (this.blind) heardMs -= Math.max(0, untilMs - Math.max(this.#lastMs, sinceMs));
    return Math.max(0, heardMs);
  }

  write(out: ByteWriter): void {
    out.uint(this.#arrivals);
    out.double(this.#lastMs);
    out.double(this.#blindSinceMs ?? 0);
    for (const kind of HEARTBEAT_KINDS) this.#streams[kind].write(out);
    out.uint(this.#holes.length);
    for (const hole of this.#holes) {
      out.double(hole.startMs);
      out.double(hole.endMs);
    }
  }

  /** @param version of the snapshot */
  read(input: ByteReader, version: number): void {
    this.#arrivals = input.uint();
    this.#lastMs = input.double();
    const blindSinceMs = input.double();
    this.#blindSinceMs = blindSinceMs === 0 ? undefined : blindSinceMs;
    const kinds = version === 1 ? HEARTBEAT_KINDS.slice(0, KINDS_IN_VERSION_1) : HEARTBEAT_KINDS;
    for (const kind of kinds) this.#streams[kind].read(input);
    this.#silenceMsMax = undefined;
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

/** The services that have an SLO on spans, and the series of SLOs on counters. */
export class Sources {
  readonly #byService = new Map<string, Source>();
  readonly #patience: Patience;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  get(service: string): Source | undefined {
    return this.#byService.get(service);
  }

  /** Tracks exactly these services from now on; what is known of them stays. */
  track(services: ReadonlySet<string>): void {
    for (const service of this.#byService.keys()) {
      if (!services.has(service)) this.#byService.delete(service);
    }
    for (const service of services) {
      if (!this.#byService.has(service)) this.#byService.set(service, new Source(service, this.#patience));
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
  read(input: ByteReader, version: number): void {
    for (let left = input.uint(); left > 0; left -= 1) {
      const service = input.text();
      (this.#byService.get(service) ?? new Source(service, this.#patience)).read(input, version);
    }
  }
}
