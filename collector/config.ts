/**
 * The collector's part of `plimsoll.yaml`, in the OpenTelemetry Collector's
 * names where it has the same setting. An impossible limit stops the start: it
 * never means "no limit".
 */
import {
  address,
  bytes,
  duration,
  mapped,
  notSupportedYet,
  number,
  object,
  section,
  text,
  withDefault,
  type Address,
  type Schema,
} from '#base/config/schema.ts';
import type { DoorConfig } from '#collector/receivers/http/door.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Settings of `receivers.otlp.protocols.http`, in code names. */
export interface OtlpHttpConfig extends DoorConfig {
  readonly endpoint: Address;
  readonly tracesPath: string;
  readonly metricsPath: string;
  readonly logsPath: string;
}

export interface ReceiversConfig {
  readonly otlp: { readonly http: OtlpHttpConfig };
}

const httpFields = {
  endpoint: withDefault(address(), { host: '127.0.0.1', port: 4318 }, 'Address to listen on.'),
  // OTLP 1.11 recommends 64 MiB, and asks for the same limit after decompression.
  max_request_body_size: withDefault(
    bytes({ min: KIB, max: 1024 * MIB }),
    64 * MIB,
    'Largest body, as sent and again after decompression; a larger one is answered 413.',
  ),
  // Room for one request of the largest size beside a few hundred of the usual 50 to 500 KiB.
  max_in_flight_bytes: withDefault(
    bytes({ min: KIB, max: 16 * 1024 * MIB }),
    128 * MIB,
    'Body bytes held for requests not answered yet; beyond it requests are answered 503.',
  ),
  // Group commit gets slower, not faster, beyond some hundred requests in one sync.
  max_in_flight_requests: withDefault(
    number({ min: 1, max: 65_536, integer: true }),
    256,
    'Requests worked on at a time; beyond it requests are answered 503.',
  ),
  // A connection costs about 10 KiB here, and a file descriptor.
  max_connections: withDefault(
    number({ min: 1, max: 65_536, integer: true }),
    1024,
    'Open connections; beyond it new ones are closed at once.',
  ),
  // So that senders behind a balancer spread again from time to time.
  max_requests_per_connection: withDefault(
    number({ min: 0, max: 1_000_000_000, integer: true }),
    100_000,
    'Requests a connection may carry before it is closed; 0 for no limit.',
  ),
  read_header_timeout: withDefault(
    duration({ minMs: 10, maxMs: 600_000 }),
    10_000,
    'Time for the headers of a request to arrive.',
  ),
  read_timeout: withDefault(
    duration({ minMs: 10, maxMs: 600_000 }),
    30_000,
    'Time for a whole request to arrive; a slower one is answered 408.',
  ),
  idle_timeout: withDefault(
    duration({ minMs: 10, maxMs: 3_600_000 }),
    60_000,
    'Time a connection may wait for its next request.',
  ),
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
});

/** Schema of the key `receivers`. */
export const receiversSchema: Schema<ReceiversConfig> = mapped(receivers, (written, complainHere) => {
  const config = fromWritten(written.otlp.protocols.http);
  if (config.inFlightBytesMax < config.bodyBytesMax) {
    return complainHere(
      `max_in_flight_bytes (${config.inFlightBytesMax}) is below max_request_body_size (${config.bodyBytesMax}); a body of the largest size would never be admitted`,
    );
  }
  if (new Set([config.tracesPath, config.metricsPath, config.logsPath]).size < 3) {
    return complainHere('the paths of traces, metrics and logs must differ');
  }
  return { otlp: { http: config } };
});

type HttpWritten = NonNullable<ReturnType<(typeof http)['read']>>;

function fromWritten(written: HttpWritten): OtlpHttpConfig {
  return {
    endpoint: written.endpoint,
    bodyBytesMax: written.max_request_body_size,
    inFlightBytesMax: written.max_in_flight_bytes,
    inFlightRequestsMax: written.max_in_flight_requests,
    connectionsMax: written.max_connections,
    requestsPerConnectionMax: written.max_requests_per_connection,
    headerTimeoutMs: written.read_header_timeout,
    readTimeoutMs: written.read_timeout,
    idleTimeoutMs: written.idle_timeout,
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
