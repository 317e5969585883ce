/** Metrics to choose from: what there is, what it means, and a query to begin with. */

export interface MetadataAnswer {
  readonly data: Readonly<
    Record<string, readonly { readonly type: string; readonly help: string; readonly unit: string }[]>
  >;
}

export interface NamesAnswer {
  readonly data: readonly string[];
}

export interface MetricFamily {
  readonly name: string;
  /** As declared; empty when nobody did. */
  readonly type: string;
  readonly help: string;
  /** A query to begin with. */
  readonly query: string;
}

export interface Starter {
  readonly question: string;
  readonly query: string;
}

const PARTS = /_(?:bucket|count|sum|created)$/;

/** A scraper makes these itself, and declares none of them. */
const OF_SCRAPES: Readonly<Record<string, string>> = {
  up: '1 when the target could be scraped, 0 when not.',
  scrape_duration_seconds: 'How long the scrape took.',
  scrape_samples_scraped: 'Samples on the page of the target.',
  scrape_samples_post_metric_relabeling: 'Samples that were kept of them.',
  scrape_series_added: 'Series that were not there at the scrape before.',
};

/** One a family: the parts of a histogram are one metric. By name. */
export function families(
  names: readonly string[],
  metadata: MetadataAnswer['data'],
): readonly MetricFamily[] {
  const known = new Set<string>();
  for (const name of names) {
    const base = name.replace(PARTS, '');
    known.add(!Object.hasOwn(metadata, name) && Object.hasOwn(metadata, base) ? base : name);
  }
  return [...known].toSorted().map((name) => {
    const ofScrape = Object.hasOwn(OF_SCRAPES, name) ? OF_SCRAPES[name] : undefined;
    const declared = Object.hasOwn(metadata, name) ? metadata[name]?.[0] : undefined;
    const { type, help } = declared ?? {
      type: ofScrape === undefined ? '' : 'gauge',
      help: ofScrape ?? '',
    };
    return { name, type, help, query: firstQuery(name, type) };
  });
}

function firstQuery(name: string, type: string): string {
  const by = labelsFor(name);
  if (type === 'histogram')
    return `histogram_quantile(0.95, sum by (${[...by, 'le'].join(', ')}) (rate(${name}_bucket[5m])))`;
  if (type === 'counter' || (type === '' && name.endsWith('_total')))
    return `sum by (${by.join(', ')}) (rate(${name}[5m]))`;
  return name;
}

/** What tells the sources of a metric apart. */
function labelsFor(name: string): readonly string[] {
  if (name.startsWith('traces_span_metrics_')) return ['service_name'];
  if (name.startsWith('traces_service_graph_')) return ['client', 'server'];
  return ['job'];
}

/** Every word must be in the name or the meaning. */
export function searchFamilies(all: readonly MetricFamily[], text: string): readonly MetricFamily[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return all;
  return all.filter(({ name, help, type }) => {
    const hay = `${name} ${type} ${help}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

const SERVER = 'span_kind="SPAN_KIND_SERVER"';
const CALLS = 'traces_span_metrics_calls_total';

/** Questions that most people come with; each needs metrics that are made of spans or scraped from services. */
const STARTERS: readonly (Starter & { readonly needs: string })[] = [
  {
    question: 'How many requests does each service answer?',
    needs: CALLS,
    query: `sum by (service_name) (rate(${CALLS}{${SERVER}}[5m]))`,
  },
  {
    question: 'What share of them fails?',
    needs: CALLS,
    query: `sum by (service_name) (rate(${CALLS}{${SERVER}, status_code="STATUS_CODE_ERROR"}[5m]))\n  / sum by (service_name) (rate(${CALLS}{${SERVER}}[5m]))`,
  },
  {
    question: 'How long do the slowest 5 % take?',
    needs: 'traces_span_metrics_duration_milliseconds_bucket',
    query: `histogram_quantile(0.95, sum by (service_name, le) (rate(traces_span_metrics_duration_milliseconds_bucket{${SERVER}}[5m])))`,
  },
  {
    question: 'Who calls whom, and how often?',
    needs: 'traces_service_graph_request_total',
    query: 'sum by (client, server) (rate(traces_service_graph_request_total[5m]))',
  },
  { question: 'Which targets can be scraped?', needs: 'up', query: 'max by (job) (up)' },
  {
    question: 'How much memory does each service hold?',
    needs: 'process_resident_memory_bytes',
    query: 'max by (job) (process_resident_memory_bytes)',
  },
  {
    question: 'How many CPU cores does each service use?',
    needs: 'process_cpu_seconds_total',
    query: 'sum by (job) (rate(process_cpu_seconds_total[5m]))',
  },
  {
    question: 'How busy is each event loop?',
    needs: 'nodejs_eventloop_utilization_ratio',
    query: 'max by (job) (nodejs_eventloop_utilization_ratio)',
  },
];

/** Only those that have an answer here. */
export function starters(names: readonly string[]): readonly Starter[] {
  const there = new Set(names);
  return STARTERS.filter(({ needs }) => there.has(needs));
}
