/** What the exporter `otlphttp` can be told, in the Collector's words. */
import {
  bytes,
  choice,
  mapped,
  notSupportedYet,
  object,
  optional,
  text,
  withDefault,
  withoutEffect,
  type Schema,
} from '#base/config/schema.ts';
import { withoutUser } from '#base/config/secrets.ts';
import { COMMON_FIELDS, commonConfig, type CommonConfig } from '#collector/exporters/config.ts';
import type { OtlpSignal } from '#signals/otlp/response.ts';

const MIB = 2 ** 20;

export interface OtlpHttpConfig {
  readonly common: CommonConfig;
  /** Where each signal goes; a signal without an address is not sent. */
  readonly urls: Readonly<Partial<Record<OtlpSignal, string>>>;
  readonly compresses: boolean;
  /** Of one request, before compression. */
  readonly requestBytesMax: number;
}

const url = withoutUser(
  text({ pattern: /^https?:\/\/[^\s/]+\S*$/, expected: 'an address that begins with http:// or https://' }),
  'write them as Authorization under headers',
);
const connections = 'one request at a time goes over a connection that is kept';

const written = object({
  ...COMMON_FIELDS,
  endpoint: optional(
    url,
    'Base address of all signals, to which `/v1/traces`, `/v1/logs` and `/v1/metrics` are added.',
  ),
  traces_endpoint: optional(url, 'Where spans go, as it stands; without it, under `endpoint`.'),
  logs_endpoint: optional(url, 'Where log records go, as it stands.'),
  metrics_endpoint: optional(url, 'Where metrics go, as it stands.'),
  profiles_endpoint: notSupportedYet('remove it; there are no profiles here'),
  compression: withDefault(choice(['gzip', 'none']), 'gzip', 'Of the bodies sent.'),
  compression_params: notSupportedYet('remove it'),
  encoding: withDefault(choice(['proto']), 'proto', 'Bodies are forwarded as they are kept: protobuf.'),
  // A destination that needs longer than `timeout` for one request is sent it again and again.
  max_request_size: withDefault(
    bytes({ min: 64 * 1024, max: 64 * MIB }),
    MIB,
    'Size of a request before compression, about: records are sent together up to it. Not a key of the Collector.',
  ),
  proxy_url: notSupportedYet('remove it; requests go straight to the address'),
  cookies: notSupportedYet('remove it'),
  middlewares: notSupportedYet('remove it'),
  read_buffer_size: withoutEffect(connections),
  write_buffer_size: withoutEffect(connections),
  max_idle_conns: withoutEffect(connections),
  max_idle_conns_per_host: withoutEffect(connections),
  max_conns_per_host: withoutEffect(connections),
  idle_conn_timeout: withoutEffect(connections),
  disable_keep_alives: withoutEffect(connections),
  force_attempt_http2: withoutEffect(connections),
  http2_read_idle_timeout: withoutEffect(connections),
  http2_ping_timeout: withoutEffect(connections),
});

/** Schema of an exporter `otlphttp`. */
export const otlpHttpSchema: Schema<OtlpHttpConfig> = mapped(written, (value, complainHere) => {
  const { endpoint, traces_endpoint, logs_endpoint, metrics_endpoint } = value;
  const under = (signal: OtlpSignal): string | undefined =>
    endpoint === undefined ? undefined : `${endpoint.replace(/\/+$/, '')}/v1/${signal}`;
  const traces = traces_endpoint ?? under('traces');
  const logs = logs_endpoint ?? under('logs');
  const metrics = metrics_endpoint ?? under('metrics');
  if (traces === undefined && logs === undefined && metrics === undefined) {
    return complainHere('endpoint is missing; expected it, or one of a signal such as traces_endpoint');
  }
  return {
    common: commonConfig(value),
    urls: {
      ...(traces === undefined ? {} : { traces }),
      ...(logs === undefined ? {} : { logs }),
      ...(metrics === undefined ? {} : { metrics }),
    },
    compresses: value.compression === 'gzip',
    requestBytesMax: value.max_request_size,
  };
});
