/**
 * From a record's columns to counts: looks up the SLOs of each resource's
 * service once, then decides span by span. Builds no object a span.
 */
import type { SpanColumns } from '#signals/otlp/columns.ts';
import { eventMs, lateness, type Receipt } from '#alerting/slo/core/event-time.ts';
import { endMsAt, timeWords, type TimeWords } from '#alerting/slo/core/span-matcher.ts';
import type { SloTracker } from '#alerting/slo/core/tracker.ts';

export class SpanCounter {
  readonly late = { past: 0, future: 0 };
  #byService: ReadonlyMap<string, readonly SloTracker[]> = new Map();

  /** Replaces the SLOs that count. */
  use(trackers: Iterable<SloTracker>): void {
    const onSpans = [...trackers].filter(({ samples }) => samples === undefined);
    this.#byService = Map.groupBy(onSpans, (tracker) => tracker.document.selector.service);
  }

  /** Counts every span for each SLO that selects it. */
  count(columns: SpanColumns, receipt: Receipt): void {
    const times = { words: timeWords(columns), receipt };
    const interested = columns.resources.map((resource) => this.#byService.get(resource.serviceName));
    for (let index = 0; index < columns.count; index += 1) {
      const trackers = interested[columns.resource[index] ?? 0];
      if (trackers !== undefined) this.#countSpan(trackers, columns, index, times);
    }
    for (const trackers of interested) for (const tracker of trackers ?? []) tracker.flush();
  }

  #countSpan(
    trackers: readonly SloTracker[],
    columns: SpanColumns,
    index: number,
    times: { readonly words: TimeWords; readonly receipt: Receipt },
  ): void {
    let timeMs = -1;
    for (const tracker of trackers) {
      if (!tracker.matcher.matches(columns, index)) continue;
      if (timeMs < 0) timeMs = this.#eventMs(endMsAt(times.words, index), times.receipt);
      const bad = tracker.matcher.isBad(columns, times.words, index);
      tracker.count(timeMs, bad);
      const traceIdOffset = columns.traceIdOffset[index] ?? 0;
      if (bad && traceIdOffset !== 0) tracker.traces.add(timeMs, columns.body, traceIdOffset);
    }
  }

  /** Event time is the span's end; outside the lateness horizon it counts at receipt. */
  #eventMs(endMs: number, receipt: Receipt): number {
    const late = lateness(endMs, receipt);
    if (late !== undefined) this.late[late] += 1;
    return eventMs(endMs, receipt);
  }
}
