/** The configuration the demo's platform runs with, written out so that people can read and copy it. */
import { stringify } from 'yaml';
import type { Engines } from '#bin/demo/engines.ts';
import { localUrl, PROOFS, type DemoPorts } from '#bin/demo/layout.ts';
import { SERVICES } from '#sample-services/topology.ts';

/** Changes of how SLOs are judged, for proofs; nothing by default. */
export interface Evaluation {
  /** Every window and delay of alerting is divided by it; 1 or more. */
  readonly windowDivisor: number;
  /** Burn factors are multiplied by it after validation. */
  readonly burnFactorMultiplier: number;
}

export const AS_WRITTEN: Evaluation = { windowDivisor: 1, burnFactorMultiplier: 1 };

export interface PlatformConfigOptions {
  readonly ports: DemoPorts;
  /** Of the page receiver itself: what it keeps is shown also while a fault stands before it. */
  readonly pagerPort: number;
  readonly sloDirectory: string;
  readonly evaluation: Evaluation;
  /** Of the customers; 0 when there are none to be asked what they saw. */
  readonly requestsPerSecond: number;
  readonly engines?: Engines;
}

/** A page has to be there within a second of its cause; at ÷ 60 even the scrape is shorter. */
const SCRAPE_INTERVAL_MS = 5000;
const SCRAPE_INTERVAL_MS_MIN = 1000;
/** The shipped interval between two notifications of a group; divided like the windows. */
const GROUP_INTERVAL_MS = 30_000;

export function platformConfig(options: PlatformConfigOptions): string {
  const { ports, pagerPort, sloDirectory, evaluation, engines = {} } = options;
  const { alertmanagers: _routed, externalLabels: _labels, grafanaUrl, ...kept } = engines;
  const scrapeMs = Math.max(SCRAPE_INTERVAL_MS_MIN, dividedMs(SCRAPE_INTERVAL_MS, evaluation));
  const config = {
    receivers: {
      otlp: { protocols: { http: { endpoint: `127.0.0.1:${ports.otlpHttp}` } } },
      jaeger: { protocols: { thrift_http: { endpoint: `127.0.0.1:${ports.jaegerHttp}` } } },
      prometheus: {
        config: {
          global: { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms` },
          scrape_configs: scrapedPorts(options).map(([name, port]) => ({
            job_name: name,
            static_configs: [{ targets: [`127.0.0.1:${port}`] }],
          })),
        },
      },
    },
    connectors: {
      spanmetrics: { metrics_flush_interval: `${scrapeMs}ms` },
      servicegraph: { metrics_flush_interval: `${scrapeMs}ms` },
    },
    alerting: {
      slos: sloDirectory,
      evaluation: {
        window_divisor: evaluation.windowDivisor,
        burn_factor_multiplier: evaluation.burnFactorMultiplier,
      },
      ...notifiers(options),
    },
    ...kept,
    server: {
      endpoint: `127.0.0.1:${ports.origin}`,
      companions: { chaos: localUrl(ports.chaos), pages: localUrl(pagerPort), proofs: PROOFS },
      ...(grafanaUrl === undefined ? {} : { grafana_url: grafanaUrl }),
    },
  };
  return `# Written at the start of the demo; docs/reference/configuration.md explains the keys.\n${stringify(config)}`;
}

/** Who tells people: the page receiver of the demo, or whom the engines tell. */
function notifiers({ ports, evaluation, engines }: PlatformConfigOptions): object {
  const { alertmanagers, externalLabels = {} } = engines ?? {};
  if (alertmanagers !== undefined) return { alertmanagers, external_labels: externalLabels };
  return {
    alertmanager: {
      route: {
        receiver: 'demo',
        group_by: ['service', 'slo_id'],
        group_wait: '500ms',
        group_interval: `${Math.max(1000, dividedMs(GROUP_INTERVAL_MS, evaluation))}ms`,
      },
      receivers: [
        {
          name: 'demo',
          webhook_configs: [{ url: `${localUrl(ports.proxies.pager)}/page`, send_resolved: true }],
        },
      ],
    },
  };
}

function dividedMs(durationMs: number, { windowDivisor }: Evaluation): number {
  return Math.round(durationMs / windowDivisor);
}

/** The services; and, for dashboards, the platform itself, the customers and the faults. */
function scrapedPorts({
  ports,
  requestsPerSecond,
}: PlatformConfigOptions): readonly (readonly [job: string, port: number])[] {
  return [
    ...SERVICES.map(({ name }) => [name, ports.services[name]] as const),
    ['plimsoll', ports.origin],
    ['chaos', ports.chaos],
    ...(requestsPerSecond > 0 ? [['customers', ports.load] as const] : []),
  ];
}
