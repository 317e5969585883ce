/** Upstream's counters of bytes, and ours of connections and HTTP faults, in Prometheus' text format. */
import type { ProxySet } from '#chaos/proxy/proxy-set.ts';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric with all its series. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** @param more what else the program that has the proxies tells of itself */
export function metricsText(set: ProxySet, more: readonly Family[] = []): string {
  return [...families(set), ...more]
    .map(({ name, type, help, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
        '',
      ].join('\n'),
    )
    .join('');
}

function families(set: ProxySet): Family[] {
  const views = set.proxies().map((proxy) => ({ proxy, view: proxy.view() }));
  const bytes = (which: 'received' | 'sent'): Sample[] =>
    views.flatMap(({ proxy, view }) =>
      (['downstream', 'upstream'] as const).map((direction) => ({
        labels: { direction, listener: view.listen, proxy: view.name, upstream: view.upstream },
        value: proxy.traffic[which][direction],
      })),
    );
  return [
    {
      name: 'toxiproxy_proxy_received_bytes_total',
      type: 'counter',
      help: 'Bytes taken from senders, by direction.',
      samples: bytes('received'),
    },
    {
      name: 'toxiproxy_proxy_sent_bytes_total',
      type: 'counter',
      help: 'Bytes given to receivers, by direction.',
      samples: bytes('sent'),
    },
    {
      name: 'chaos_proxy_connections',
      type: 'gauge',
      help: 'Open connections.',
      samples: views.map(({ proxy }) => ({ labels: { proxy: proxy.name }, value: proxy.connectionCount })),
    },
    {
      name: 'chaos_proxy_http_faults_total',
      type: 'counter',
      help: 'Requests an HTTP fault acted on, by effect.',
      samples: views.flatMap(({ proxy }) =>
        Object.entries(proxy.traffic.effects).map(([effect, value]) => ({
          labels: { effect, proxy: proxy.name },
          value,
        })),
      ),
    },
    ...limits(set),
  ];
}

function limits(set: ProxySet): Family[] {
  return [
    {
      name: 'chaos_proxy_connections_refused_total',
      type: 'counter',
      help: 'Connections turned away at the limit.',
      samples: [{ labels: {}, value: set.connections.refused }],
    },
    {
      name: 'chaos_proxy_held_bytes',
      type: 'gauge',
      help: 'Bytes toxics hold back.',
      samples: [{ labels: {}, value: set.heldBytes }],
    },
  ];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function quoted(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
