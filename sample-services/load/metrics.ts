/** What customers saw in Prometheus' text format: the truth that SLOs are held against. */
import type { Stats } from '#sample-services/load/loop.ts';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}

/** Label values are words of ours and need no escaping. */
export function metricsText(stats: Stats): string {
  return families(stats)
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function families({ sinceStart, last60s, journeys, requestsPerSecondNow }: Stats): readonly Family[] {
  return [
    {
      name: 'freight_customer_requests_total',
      type: 'counter',
      help: 'Requests of customers by step; an error is no answer, or one of 500 and above.',
      samples: Object.entries(sinceStart.steps).flatMap(([step, { requests, errors }]) => [
        [{ step, result: 'answered' }, requests - errors],
        [{ step, result: 'error' }, errors],
      ]),
    },
    {
      name: 'freight_customer_latency_seconds',
      type: 'gauge',
      help: 'What customers waited in the last minute, from the moment they meant to ask.',
      samples: quantiles(last60s.latencyMs),
    },
    {
      name: 'freight_customer_journeys_total',
      type: 'counter',
      help: 'Journeys of customers: started, finished, or given up on the way.',
      samples: [
        [{ state: 'started' }, journeys.started],
        [{ state: 'finished' }, journeys.finished],
        [{ state: 'given-up' }, journeys.givenUp],
      ],
    },
    {
      name: 'freight_customer_expected_requests_per_second',
      type: 'gauge',
      help: 'Requests a second that customers mean to send right now.',
      samples: [[{}, requestsPerSecondNow]],
    },
  ];
}

function quantiles(latencyMs: Stats['last60s']['latencyMs']): Family['samples'] {
  if (latencyMs === null) return [];
  const { p50, p95, p99 } = latencyMs;
  const shown = { '0.5': p50, '0.95': p95, '0.99': p99 };
  return Object.entries(shown).map(([quantile, ms]) => [{ quantile }, ms / 1000] as const);
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
