/**
 * What the engine takes from samples: the events of SLOs on counters, and of
 * services that are scraped whether they are up and how much they served.
 * Series nobody asks for are skipped by their name.
 */
import type { Blame } from '#alerting/blame/core/blame.ts';
import type { Labels } from '#signals/matchers.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import { translateMetrics } from '#signals/prometheus/from-otlp.ts';
import { LabelMemo } from '#signals/prometheus/label-memo.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';
import { eventMs, lateness, type Receipt } from '#alerting/slo/core/event-time.ts';
import { REQUESTS_METRIC } from '#alerting/slo/core/liveness.ts';
import type { Increase } from '#alerting/slo/core/sample-counter.ts';
import type { Sources } from '#alerting/slo/core/sources.ts';
import type { SloTracker } from '#alerting/slo/core/tracker.ts';

/** 1 while a target can be scraped. */
const UP_METRIC = 'up';
const SECOND_MS = 1000;
/** What was added since a sample longer ago is spread over this much: nobody knows when it happened. */
const SPREAD_SECONDS_MAX = 60;

export class SampleWatch {
  readonly late = { past: 0, future: 0 };
  /** Samples of series there was no room for. */
  dropped = 0;
  readonly #sources: Sources;
  readonly #blame: Blame;
  readonly #labels = new LabelMemo();
  #trackers: readonly SloTracker[] = [];
  #wanted: ReadonlySet<string> = new Set();

  constructor(sources: Sources, blame: Blame) {
    this.#sources = sources;
    this.#blame = blame;
  }

  /** Replaces the SLOs that count. */
  use(trackers: Iterable<SloTracker>): void {
    this.#trackers = [...trackers].filter(({ samples }) => samples !== undefined);
    const metrics = this.#trackers.flatMap(({ samples }) =>
      samples === undefined ? [] : [samples.indicator.judged.metric, samples.indicator.total.metric],
    );
    this.#wanted = new Set([UP_METRIC, REQUESTS_METRIC, ...metrics]);
  }

  /** A `prom-samples` record. @throws CodedError `PLIM_BODY_MALFORMED` */
  takeSamples(body: Uint8Array, receipt: Receipt): void {
    const found = new Map<SloTracker, number>();
    const sink = this.#sink(found, receipt);
    decodeWriteRequest(body, sink, (name) => this.#wanted.has(name));
    this.#count(found, 'prom-samples', receipt);
  }

  /** An `otlp-metrics` record. @throws CodedError `PLIM_BODY_MALFORMED` */
  takeMetrics(body: Uint8Array, receipt: Receipt): void {
    if (this.#trackers.length === 0) return;
    const found = new Map<SloTracker, number>();
    translateMetrics(body, receipt.wallMs, this.#sink(found, receipt), { memo: this.#labels });
    this.#count(found, 'otlp-metrics', receipt);
  }

  /** @param found gets the number of samples by SLO */
  #sink(found: Map<SloTracker, number>, receipt: Receipt): SampleSink {
    return {
      sample: (labels, timeMs, value, stale) => {
        if (labels['__name__'] === UP_METRIC) this.#up(labels, value === 1, receipt);
        else if (labels['__name__'] === REQUESTS_METRIC && !stale) this.#served(labels, value, receipt);
        for (const tracker of this.#trackers) {
          if (tracker.samples?.sample(labels, timeMs, value, stale) !== true) continue;
          found.set(tracker, (found.get(tracker) ?? 0) + 1);
        }
      },
      exemplar: () => {},
      metadata: () => {},
    };
  }

  #up(labels: Labels, isUp: boolean, { engineMs }: Receipt): void {
    const job = labels['job'] ?? '';
    this.#blame.noteScrape(job, isUp, engineMs);
    if (isUp) this.#sources.get(job)?.scraped(engineMs);
  }

  #served(labels: Labels, count: number, { engineMs }: Receipt): void {
    const source = this.#sources.get(labels['job'] ?? '');
    if (source !== undefined && count >= 0) source.served(JSON.stringify(labels), count, engineMs);
  }

  #count(
    found: ReadonlyMap<SloTracker, number>,
    kind: 'prom-samples' | 'otlp-metrics',
    receipt: Receipt,
  ): void {
    for (const [tracker, samples] of found) {
      tracker.source.seen(receipt.engineMs, kind, samples);
      for (const increase of tracker.samples?.take() ?? []) this.#spread(tracker, increase, receipt);
      this.dropped += tracker.samples?.takeDropped() ?? 0;
      tracker.changed = true;
    }
  }

  /** Over the seconds since the sample before, evenly and in whole events. */
  #spread(tracker: SloTracker, { sinceMs, atMs, total, bad }: Increase, receipt: Receipt): void {
    const late = lateness(atMs, receipt);
    if (late !== undefined) this.late[late] += total;
    const endMs = eventMs(atMs, receipt);
    const between = Math.floor(endMs / SECOND_MS) - Math.floor((endMs - (atMs - sinceMs)) / SECOND_MS);
    const seconds = late === undefined ? Math.min(Math.max(between, 1), SPREAD_SECONDS_MAX) : 1;
    for (let second = 0; second < seconds; second += 1) {
      const totalNow = partOf(total, second, seconds);
      const badNow = partOf(bad, second, seconds);
      if (totalNow > 0 || badNow > 0) {
        tracker.add(endMs - (seconds - 1 - second) * SECOND_MS, badNow, totalNow);
      }
    }
  }
}

/** The events of one of `parts` seconds, so that all of them together are `count`. */
function partOf(count: number, part: number, parts: number): number {
  return Math.floor((count * (part + 1)) / parts) - Math.floor((count * part) / parts);
}
