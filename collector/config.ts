/**
 * The collector's part of `plimsoll.yaml`, in the OpenTelemetry Collector's
 * names where it has the same setting. An impossible limit stops the start: it
 * never means "no limit".
 */
import {
  address,
  mapped,
  notSupportedYet,
  object,
  section,
  text,
  withDefault,
  type Address,
  type Schema,
} from '#base/config/schema.ts';
import { DOOR_FIELDS, doorConfig, doorProblem } from '#collector/receivers/http/config.ts';
import type { DoorConfig } from '#collector/receivers/http/door.ts';
import { prometheusSchema, type PrometheusConfig } from '#collector/receivers/prometheus/config.ts';
import { jaegerSchema, type JaegerConfig } from '#collector/receivers/jaeger-thrift/config.ts';

/** Settings of `receivers.otlp.protocols.http`, in code names. */
export interface OtlpHttpConfig extends DoorConfig {
  readonly endpoint: Address;
  readonly tracesPath: string;
  readonly metricsPath: string;
  readonly logsPath: string;
}

export interface ReceiversConfig {
  readonly otlp: { readonly http: OtlpHttpConfig };
  readonly jaeger: JaegerConfig;
  readonly prometheus: PrometheusConfig;
}

const httpFields = {
  endpoint: withDefault(address(), { host: '127.0.0.1', port: 4318 }, 'Address to listen on.'),
  ...DOOR_FIELDS,
  traces_url_path: withDefault(urlPath(), '/v1/traces', 'Path that takes traces.'),
  metrics_url_path: withDefault(urlPath(), '/v1/metrics', 'Path that takes metrics.'),
  logs_url_path: withDefault(urlPath(), '/v1/logs', 'Path that takes logs.'),
};

const http = object(httpFields);

const receivers = object({
  otlp: section(
    object({
      protocols: section(
        object({
          http: section(http, 'OTLP over HTTP, protobuf and JSON.'),
          grpc: notSupportedYet('remove it and send OTLP over HTTP to port 4318'),
        }),
        'Protocols to speak.',
      ),
    }),
    'The OpenTelemetry protocol.',
  ),
  jaeger: section(jaegerSchema, "Thrift, as Jaeger's clients send it."),
  prometheus: section(prometheusSchema, 'Targets whose `/metrics` are scraped.'),
});

/** Schema of the key `receivers`. */
export const receiversSchema: Schema<ReceiversConfig> = mapped(receivers, (written, complainHere) => {
  const config = fromWritten(written.otlp.protocols.http);
  const problem = doorProblem(config);
  if (problem !== undefined) return complainHere(problem);
  if (new Set([config.tracesPath, config.metricsPath, config.logsPath]).size < 3) {
    return complainHere('the paths of traces, metrics and logs must differ');
  }
  return { otlp: { http: config }, jaeger: written.jaeger, prometheus: written.prometheus };
});

type HttpWritten = NonNullable<ReturnType<(typeof http)['read']>>;

function fromWritten(written: HttpWritten): OtlpHttpConfig {
  return {
    endpoint: written.endpoint,
    ...doorConfig(written),
    tracesPath: written.traces_url_path,
    metricsPath: written.metrics_url_path,
    logsPath: written.logs_url_path,
  };
}

/** What holds when nothing is written. */
export const RECEIVERS_DEFAULT: ReceiversConfig = section(receiversSchema, '').default.value;

function urlPath(): Schema<string> {
  return text({ pattern: /^\/[A-Za-z0-9._~/-]*$/, expected: 'a path such as /v1/traces' });
}
