/** The five data sources. Their uids are fixed, so that panels, links and provisioning meet without a question. */
export interface Source {
  readonly type: string;
  readonly uid: string;
}

export const SOURCES = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  alertmanager: { type: 'alertmanager', uid: 'alertmanager' },
  jaeger: { type: 'jaeger', uid: 'jaeger' },
  logs: { type: 'elasticsearch', uid: 'elasticsearch-logs' },
  spans: { type: 'elasticsearch', uid: 'elasticsearch-spans' },
} as const satisfies Record<string, Source>;

export type SourceName = keyof typeof SOURCES;

/** As people see them in Grafana; the panel of alert groups asks for its source by name. */
export const SOURCE_TITLES: Readonly<Record<SourceName, string>> = {
  prometheus: 'Prometheus',
  alertmanager: 'Alertmanager',
  jaeger: 'Jaeger',
  logs: 'Elasticsearch logs',
  spans: 'Elasticsearch spans',
};
