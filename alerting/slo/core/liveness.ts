/**
 * Whether a silent service is at rest or has lost its telemetry: one that can
 * be scraped is alive, and its own count of requests says whether it had
 * anything to report. Kept in memory alone: after a restart the next scrapes
 * tell again.
 */
import type { RecordKind } from '#signals/records.ts';
import { Stream } from '#alerting/slo/core/stream.ts';

/** What instrumented services count by the conventions of OpenTelemetry, in Prometheus form. */
export const REQUESTS_METRIC = 'http_server_request_duration_seconds_count';
/** So many requests without a span are no accident of timing. */
const UNREPORTED_MIN = 3;
/** A service that traces fewer of its requests (sampling, unsampled polls) proves nothing by a missing span. */
const TRACED_RATIO_MIN = 0.8;
/** Methods, routes and statuses of one service; further series are left out. */
const SERIES_MAX = 500;

export class Liveness {
  readonly #scrapes = new Stream();
  #scrapedMs = 0;
  readonly #counts = new Map<string, number>();
  #requests = 0;
  /** Those whose spans may have come: served before the first scrape after the last record with spans. */
  #requestsReported = 0;
  #spans = 0;
  #roundMs = 0;
  #hasReported = false;
  #isReportedRound = false;

  scraped(atMs: number): void {
    this.#scrapes.seen(atMs, 1);
    this.#scrapedMs = Math.max(this.#scrapedMs, atMs);
  }

  served(series: string, count: number, atMs: number): void {
    if (atMs !== this.#roundMs) {
      this.#roundMs = atMs;
      this.#isReportedRound = this.#hasReported;
      this.#hasReported = false;
    }
    const before = this.#counts.get(series);
    if (before === undefined && this.#counts.size >= SERIES_MAX) return;
    this.#counts.set(series, count);
    if (before !== undefined) this.#requests += count >= before ? count - before : count;
    if (this.#isReportedRound) this.#requestsReported = this.#requests;
  }

  reported(kind: RecordKind, items: number): void {
    if (kind !== 'otlp-traces') return;
    this.#spans += items;
    this.#hasReported = true;
  }

  /** @param silenceMsMin a scrape may be this late in any case */
  isAtRest(nowMs: number, silenceMsMin: number): boolean {
    if (this.#scrapedMs === 0) return false;
    if (nowMs - this.#scrapedMs > Math.max(silenceMsMin, this.#scrapes.pauseMsMax())) return false;
    const traced = this.#spans >= TRACED_RATIO_MIN * this.#requestsReported;
    return !traced || this.#requests - this.#requestsReported < UNREPORTED_MIN;
  }
}
