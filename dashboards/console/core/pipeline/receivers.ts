/** The doors of the pipeline, each with what came through and what it is holding. */
import { samplesOf, sumOf, type TextPage } from '#dashboards/console/core/prometheus-text.ts';

/** `/metrics` as it was at a moment. */
export interface PageLook {
  readonly atMs: number;
  readonly page: TextPage;
}

export interface ReceiverView {
  readonly name: string;
  readonly title: string;
  /** Items accepted since the start. */
  readonly accepted: number;
  /** Items a second; null while unknown. */
  readonly rate: number | null;
  /** Answered with success and with a refusal, since the start. */
  readonly answered: number;
  readonly refused: number;
  /** Bytes of requests that are not answered yet; undefined where there are no requests. */
  readonly inFlightBytes: number | undefined;
  /** Mean time to the answer, over the looks; null while none was answered. */
  readonly meanMs: number | null;
}

const ACCEPTED = [
  'otelcol_receiver_accepted_spans_total',
  'otelcol_receiver_accepted_metric_points_total',
  'otelcol_receiver_accepted_log_records_total',
] as const;
const REQUESTS = 'plimsoll_receiver_requests_total';
const SECONDS = 'plimsoll_receiver_request_duration_seconds';
const SCRAPES = 'plimsoll_scrapes_total';

const TITLES: Readonly<Record<string, string>> = {
  otlp: 'OTLP',
  jaeger: 'Jaeger (Thrift)',
  prometheus: 'scrapes (Prometheus)',
};

/** In the order of what they accepted. @param looks oldest first */
export function receiversOf(looks: readonly PageLook[]): readonly ReceiverView[] {
  const last = looks.at(-1);
  if (last === undefined) return [];
  const names = new Set<string>();
  for (const metric of [...ACCEPTED, REQUESTS])
    for (const { labels } of samplesOf(last.page, metric)) names.add(labels['receiver'] ?? '');
  names.delete('');
  return [...names]
    .map((name) => viewOf(name, looks, last.page))
    .toSorted((a, b) => b.accepted - a.accepted || (a.name < b.name ? -1 : 1));
}

function viewOf(name: string, looks: readonly PageLook[], page: TextPage): ReceiverView {
  const where = { receiver: name };
  const requests = name === 'prometheus' ? scrapes(page) : requestsOf(page, name);
  const seconds = difference(looks, (one) => sumOf(one, `${SECONDS}_sum`, where));
  const count = difference(looks, (one) => sumOf(one, `${SECONDS}_count`, where));
  return {
    name,
    title: TITLES[name] ?? name,
    accepted: acceptedBy(page, name),
    rate: perSecond(looks, (one) => acceptedBy(one, name)),
    ...requests,
    inFlightBytes: sumOf(page, 'plimsoll_receiver_in_flight_bytes', where),
    meanMs: seconds === undefined || count === undefined || count <= 0 ? null : (seconds / count) * 1000,
  };
}

function acceptedBy(page: TextPage, receiver: string): number {
  return ACCEPTED.reduce((sum, metric) => sum + (sumOf(page, metric, { receiver }) ?? 0), 0);
}

function requestsOf(page: TextPage, receiver: string): Pick<ReceiverView, 'answered' | 'refused'> {
  let answered = 0;
  let refused = 0;
  for (const { labels, value } of samplesOf(page, REQUESTS, { receiver })) {
    if (labels['status']?.startsWith('2') === true) answered += value;
    else refused += value;
  }
  return { answered, refused };
}

/** A scrape that fails is the refusal of a target. */
function scrapes(page: TextPage): Pick<ReceiverView, 'answered' | 'refused'> {
  const answered = sumOf(page, SCRAPES, { outcome: 'ok' }) ?? 0;
  return { answered, refused: (sumOf(page, SCRAPES) ?? 0) - answered };
}

/** Newest minus oldest; undefined before there are two looks, or when a restart lies between. */
function difference(
  looks: readonly PageLook[],
  figure: (page: TextPage) => number | undefined,
): number | undefined {
  const first = looks[0];
  const last = looks.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  const change = (figure(last.page) ?? 0) - (figure(first.page) ?? 0);
  return change < 0 ? undefined : change;
}

/** Of a counter, over the looks. */
export function perSecond(
  looks: readonly PageLook[],
  figure: (page: TextPage) => number | undefined,
): number | null {
  const change = difference(looks, figure);
  const spanMs = (looks.at(-1)?.atMs ?? 0) - (looks[0]?.atMs ?? 0);
  return change === undefined || spanMs <= 0 ? null : (change * 1000) / spanMs;
}

/**
 * Items a second that no receiver took: metrics made of spans are put on the journal,
 * too. Null while unknown.
 */
export function derivedRate(
  looks: readonly PageLook[],
  receivers: readonly Pick<ReceiverView, 'rate'>[],
): number | null {
  const all = perSecond(looks, (page) => sumOf(page, 'plimsoll_ledger_accepted_items'));
  if (all === null || receivers.some(({ rate }) => rate === null)) return null;
  const taken = receivers.reduce((sum, { rate }) => sum + (rate ?? 0), 0);
  return Math.max(0, all - taken);
}

/** Mean time of a group commit over the looks, milliseconds. */
export function meanSyncMs(looks: readonly PageLook[]): number | null {
  const seconds = difference(looks, (page) => sumOf(page, 'plimsoll_journal_sync_duration_seconds_sum'));
  const count = difference(looks, (page) => sumOf(page, 'plimsoll_journal_sync_duration_seconds_count'));
  return seconds === undefined || count === undefined || count <= 0 ? null : (seconds / count) * 1000;
}
