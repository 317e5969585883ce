/**
 * Grafana's provisioning files in two flavours: all data sources on Plimsoll
 * alone, or each on the real engine. Addresses come from the environment of
 * Grafana, which puts them in where a `$NAME` stands; every other `$` is doubled.
 */
import { stringify } from 'yaml';
import { SOURCE_TITLES, SOURCES, type SourceName } from '#dashboards/grafana/build/sources.ts';

export type Flavour = 'plimsoll' | 'engines';

export const FLAVOURS: readonly Flavour[] = ['plimsoll', 'engines'];

/** Where each source is, as Grafana's own process reaches it. */
const URLS: Readonly<Record<Flavour, Readonly<Record<SourceName, string>>>> = {
  plimsoll: {
    prometheus: '$PLIMSOLL_URL',
    alertmanager: '$PLIMSOLL_URL',
    jaeger: '$PLIMSOLL_URL',
    logs: '$PLIMSOLL_URL/es',
    spans: '$PLIMSOLL_URL/es',
  },
  engines: {
    prometheus: '$PROMETHEUS_URL',
    alertmanager: '$ALERTMANAGER_URL',
    jaeger: '$JAEGER_URL',
    logs: '$ELASTICSEARCH_URL',
    spans: '$ELASTICSEARCH_URL',
  },
};

/** Not for the browser of people, who may reach the console elsewhere: the base of its links. */
const CONSOLE_URL = '$PLIMSOLL_CONSOLE_URL';
/** Folder of the boards, for Grafana's process. */
const BOARDS_PATH = '$PLIMSOLL_DASHBOARDS';
/** Of the platform's scrapes of itself and of the demo: what `$__rate_interval` starts from. */
const SCRAPE_INTERVAL = '5s';
/** Logs are looked for a little around a span: clocks differ, and a batch is written when it is full. */
const LOGS_SHIFT = { spanStartTimeShift: '-1m', spanEndTimeShift: '1m' };

/** File names below `provisioning/FLAVOUR` with their texts. */
export function provisioningFiles(flavour: Flavour): ReadonlyMap<string, string> {
  return new Map([
    ['datasources/plimsoll.yaml', yaml(dataSources(flavour))],
    ['dashboards/plimsoll.yaml', yaml(provider())],
  ]);
}

function dataSources(flavour: Flavour): object {
  const names = Object.keys(SOURCES) as SourceName[];
  return {
    apiVersion: 1,
    prune: true,
    datasources: names.map((name) => ({
      name: SOURCE_TITLES[name],
      ...SOURCES[name],
      access: 'proxy',
      url: URLS[flavour][name],
      isDefault: name === 'prometheus',
      editable: false,
      jsonData: {
        ...SETTINGS[name],
        ...(flavour === 'plimsoll' ? { httpHeaderName1: 'Authorization' } : {}),
      },
      // Read only where `server.api_key` is set; an empty key goes unnoticed without it.
      ...(flavour === 'plimsoll' ? { secureJsonData: { httpHeaderValue1: 'Bearer $PLIMSOLL_API_KEY' } } : {}),
    })),
  };
}

const SETTINGS: Readonly<Record<SourceName, object>> = {
  prometheus: {
    httpMethod: 'POST',
    timeInterval: SCRAPE_INTERVAL,
    prometheusType: 'Prometheus',
    manageAlerts: true,
    alertmanagerUid: SOURCES.alertmanager.uid,
    exemplarTraceIdDestinations: [
      { name: 'trace_id', datasourceUid: SOURCES.jaeger.uid, urlDisplayLabel: 'Open the trace' },
      {
        name: 'trace_id',
        url: `${CONSOLE_URL}/ui/traces/${literal('${__value.raw}')}`,
        urlDisplayLabel: 'Open it in the console',
      },
    ],
  },
  // Unset means Cortex, and every path gets a prefix.
  alertmanager: { implementation: 'prometheus', handleGrafanaManagedAlerts: false },
  jaeger: {
    traceIdTimeParams: { enabled: true },
    nodeGraph: { enabled: true },
    tracesToLogsV2: {
      datasourceUid: SOURCES.logs.uid,
      ...LOGS_SHIFT,
      customQuery: true,
      query: `trace_id:"${literal('${__trace.traceId}')}"`,
    },
    tracesToMetrics: {
      datasourceUid: SOURCES.prometheus.uid,
      spanStartTimeShift: '-10m',
      spanEndTimeShift: '10m',
      tags: [{ key: 'service.name', value: 'service_name' }],
      queries: [
        {
          name: 'Rate of the service',
          query: `sum by (span_name) (rate(traces_span_metrics_calls_total{${literal('$__tags')}}[5m]))`,
        },
      ],
    },
  },
  logs: {
    index: 'logs-*.otel-*',
    timeField: '@timestamp',
    timeInterval: SCRAPE_INTERVAL,
    maxConcurrentShardRequests: 5,
    logMessageField: 'body.text',
    logLevelField: 'severity_text',
    dataLinks: traceLinks(),
  },
  spans: {
    index: 'traces-*.otel-*',
    timeField: '@timestamp',
    timeInterval: SCRAPE_INTERVAL,
    maxConcurrentShardRequests: 5,
    logMessageField: 'name',
    dataLinks: traceLinks(),
  },
};

/** `field` is a regular expression there. */
function traceLinks(): readonly object[] {
  return [
    {
      field: literal('^trace_id$'),
      url: literal('${__value.raw}'),
      urlDisplayLabel: 'Open the trace',
      datasourceUid: SOURCES.jaeger.uid,
    },
  ];
}

function provider(): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'plimsoll',
        orgId: 1,
        folder: 'Plimsoll',
        folderUid: 'plimsoll',
        type: 'file',
        disableDeletion: true,
        allowUiUpdates: false,
        options: { path: BOARDS_PATH },
      },
    ],
  };
}

/** Text that Grafana's provisioning must leave as it is. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function yaml(content: object): string {
  return `# Made by npm run dashboards; dashboards/grafana/README.md names the variables.\n${stringify(content, { lineWidth: 0 })}`;
}
