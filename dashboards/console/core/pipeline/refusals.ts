/** Who refuses or throws away what, and why, in sentences: out of the platform's own counters. */
import type { TextPage } from '#dashboards/console/core/prometheus-text.ts';

export interface Refusal {
  /** Stays the same while the count grows. */
  readonly key: string;
  /** Who refuses. */
  readonly who: string;
  readonly count: number;
  /** What was refused. */
  readonly what: string;
  /** Why, and the way out. */
  readonly why: string;
  /** An error code of the catalogue, where there is one. */
  readonly code: string | undefined;
  /** Whether something is lost, or the sender still has it. */
  readonly lost: boolean;
}

interface Source {
  readonly metric: string;
  readonly who: (labels: Labels) => string;
  readonly what: string;
  /** Value of the label that says why. */
  readonly reason: (labels: Labels) => string;
  readonly lost: boolean;
}

type Labels = Readonly<Record<string, string>>;

const receiver = (labels: Labels): string => `receiver ${labels['receiver'] ?? ''}`;

const SOURCES: readonly Source[] = [
  {
    metric: 'plimsoll_receiver_refused_requests_total',
    who: receiver,
    what: 'requests',
    reason: (labels) => labels['code'] ?? '',
    lost: false,
  },
  invalid('otelcol_receiver_refused_spans_total', 'spans'),
  invalid('otelcol_receiver_refused_metric_points_total', 'metric points'),
  invalid('otelcol_receiver_refused_log_records_total', 'log records'),
  {
    metric: 'plimsoll_receiver_dropped_packets_total',
    who: (labels) => `${receiver(labels)}, ${labels['protocol'] ?? 'UDP'}`,
    what: 'UDP packets',
    reason: (labels) => labels['code'] ?? '',
    lost: true,
  },
  {
    metric: 'plimsoll_scrapes_total',
    who: (labels) => `scrape of ${labels['job'] ?? ''}`,
    what: 'scrapes',
    reason: (labels) => `scrape-${labels['outcome'] ?? ''}`,
    lost: true,
  },
  {
    metric: 'plimsoll_scrape_dropped_samples_total',
    who: (labels) => `scrape of ${labels['job'] ?? ''}`,
    what: 'samples',
    reason: (labels) => labels['reason'] ?? '',
    lost: true,
  },
  store('plimsoll_store_dropped_samples_total', 'samples'),
  store('plimsoll_store_dropped_exemplars_total', 'exemplars'),
  {
    metric: 'plimsoll_connector_overflow_items_total',
    who: (labels) => `connector ${labels['connector'] ?? ''}`,
    what: 'spans',
    reason: () => 'overflow',
    lost: false,
  },
  {
    metric: 'plimsoll_connector_refused_records_total',
    who: () => 'journal',
    what: 'derived records',
    reason: () => 'derived',
    lost: false,
  },
  {
    metric: 'plimsoll_alerting_late_events_total',
    who: () => 'alerting',
    what: 'events',
    reason: (labels) => `late-${labels['direction'] ?? ''}`,
    lost: true,
  },
  {
    metric: 'plimsoll_live_refused_total',
    who: () => 'live updates',
    what: 'streams',
    reason: (labels) => `live-${labels['reason'] ?? ''}`,
    lost: false,
  },
];

function invalid(metric: string, what: string): Source {
  return { metric, who: receiver, what, reason: () => 'invalid', lost: true };
}

function store(metric: string, what: string): Source {
  return {
    metric,
    who: (labels) => `store ${labels['store'] ?? ''}`,
    what,
    reason: (labels) => labels['reason'] ?? '',
    lost: true,
  };
}

const WHY: Readonly<Record<string, string>> = {
  PLIM_JOURNAL_FULL:
    'The journal is at its budget or the disk is full. The sender gets 429, keeps what it has and comes back; raise journal.bytes_max or free space if it lasts.',
  PLIM_JOURNAL_FAILED:
    'The disk refused a write or a sync. The sender gets 503, keeps what it has and comes back; if it lasts the disk is failing.',
  PLIM_JOURNAL_CLOSED: 'Plimsoll was stopping. The sender gets 503 and comes back after the restart.',
  PLIM_OVERLOADED:
    'More was under way than the limits allow. The sender gets 503 and comes back; send fewer, larger batches, or raise the limits.',
  PLIM_BODY_TOO_LARGE:
    'The body is over the limit. The sender gets 413 and does not try again; send smaller batches, or raise max_request_body_size.',
  PLIM_BODY_TIMEOUT:
    'The body did not arrive in time. The sender gets 408; send smaller batches, or raise read_timeout.',
  PLIM_BODY_MALFORMED:
    'The body is not what its content type says. The sender gets 400 and does not try again; look at the sender.',
  PLIM_MEDIA_TYPE:
    'The content type or encoding is not known. The sender gets 415; OTLP is protobuf or JSON, plain or gzip.',
  PLIM_METHOD: 'The method is not allowed there: telemetry is sent with POST.',
  PLIM_NOT_FOUND: 'There is nothing under that path: OTLP goes to /v1/traces, /v1/logs and /v1/metrics.',
  PLIM_HOST_REFUSED:
    'The Host header is not on the allow-list: add the name to it in the configuration, if it is yours.',
  PLIM_ORIGIN_REFUSED: 'A page from elsewhere tried to send something from a browser.',
  PLIM_KEY_REQUIRED: 'The sender has no API key, or a wrong one. It gets 401 and does not try again.',
  invalid:
    'They break the rules of OTLP, ids of wrong length for example. The rest of their request was accepted, and the answer named them.',
  duplicate: 'The target tells the same series twice in one scrape; the first one was kept.',
  overflow:
    'There were more label sets than are kept apart: they are counted, but in one series called overflow.',
  derived: 'The journal had no room for metrics made of spans; the next ones make up for them.',
  'late-past': 'Their time is further back than judging reaches. Look at the clock of their sender.',
  'late-future': 'Their time is in the future. Look at the clock of their sender.',
  'live-full': 'Too many consoles are open at once; close some.',
  'live-slow': 'A console did not read its updates in time; it comes back by itself.',
  'scrape-unreachable': 'Nobody listened there. Is the service down, or its address wrong?',
  'scrape-timeout': 'The target did not answer in time.',
  'scrape-status': 'The target answered with an error instead of metrics.',
  'scrape-malformed': 'What the target answered is no metrics page.',
  'scrape-limit': 'The page of the target is over a limit of the scraper.',
};

/** Largest losses first, then what senders still have. */
export function refusalsOf(page: TextPage): readonly Refusal[] {
  const refusals: Refusal[] = [];
  for (const source of SOURCES) {
    for (const { labels, value } of page.get(source.metric) ?? []) {
      const reason = source.reason(labels);
      if (value <= 0 || reason === 'scrape-ok') continue;
      const who = source.who(labels);
      refusals.push({
        key: `${source.metric} ${who} ${reason}`,
        who,
        count: value,
        what: value === 1 ? source.what.replace(/s$/, '') : source.what,
        why: whyOf(reason),
        code: reason.startsWith('PLIM_') ? reason : undefined,
        lost: source.lost,
      });
    }
  }
  return refusals.toSorted((a, b) => Number(b.lost) - Number(a.lost) || b.count - a.count);
}

function whyOf(reason: string): string {
  if (Object.hasOwn(WHY, reason)) return WHY[reason] ?? reason;
  return reason.startsWith('PLIM_')
    ? `Refused with ${reason}; docs/reference/errors.md says what it means.`
    : reason;
}
