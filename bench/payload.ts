/**
 * Payload A: OTLP trace requests with 10 attributes a span, 10 resource
 * attributes and 3 scopes, about 477 bytes a span. Bodies are made before the
 * measurement; a pool of different ones keeps caches and dictionaries honest.
 */
import protobuf from 'protobufjs';
import { present } from '#base/invariant.ts';
import type { Random } from '#base/random.ts';
import { seededRandom } from '#base/sim/random.ts';

/** The part of opentelemetry/proto/trace/v1 and common/v1 the payload needs. */
const PROTO = `syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Scope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9; Status status = 15;
}
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`;

const SCOPES = ['http-server', 'kafka-client', 'postgres-client'];
const ROUTES = ['/shipments', '/shipments/:id', '/quotes', '/dispatch', '/tracking/:id'];
const METHODS = ['GET', 'POST', 'PUT'];
const SERVER = 2;
const ERROR = 2;
const ERROR_SHARE = 0.01;

/** At least this many different bodies are sent in turn. */
export const BODIES = 16;

/** `count` different requests of `spans` spans each; the same seed gives the same bytes. */
export function payloadA(spans: number, seed = 1, count = BODIES): Uint8Array[] {
  const request = protobuf.parse(PROTO).root.lookupType('Request');
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const message = request.fromObject({ resourceSpans: [resourceSpans(spans, random)] });
    return request.encode(message).finish();
  });
}

function resourceSpans(spans: number, random: Random): object {
  const resource = [
    text('service.name', `freight-${random.below(8)}`),
    text('service.namespace', 'freight'),
    text('service.version', '1.42.0'),
    text('service.instance.id', hex(random, 16)),
    text('deployment.environment.name', 'production'),
    text('host.name', `host-${random.below(100)}`),
    text('k8s.pod.name', `freight-${hex(random, 5)}`),
    text('telemetry.sdk.name', 'opentelemetry'),
    text('telemetry.sdk.language', 'nodejs'),
    text('telemetry.sdk.version', '3.1.0'),
  ];
  const scopeSpans = SCOPES.map((name, index) => ({
    scope: { name, version: '1.0.0' },
    spans: Array.from({ length: share(spans, SCOPES.length, index) }, () => span(random)),
  }));
  return { resource: { attributes: resource }, scopeSpans };
}

/** Splits `total` into `parts` that differ by one at most. */
function share(total: number, parts: number, index: number): number {
  return Math.floor((total + parts - 1 - index) / parts);
}

function span(random: Random): object {
  const route = present(ROUTES[random.below(ROUTES.length)], 'below the length');
  const method = present(METHODS[random.below(METHODS.length)], 'below the length');
  const failed = random.float() < ERROR_SHARE;
  const endNanos = BigInt(Date.now()) * 1_000_000n - BigInt(random.below(1_000_000_000));
  const startNanos = endNanos - BigInt(random.below(200_000_000));
  return {
    traceId: random.bytes(16),
    spanId: random.bytes(8),
    parentSpanId: random.bytes(8),
    name: `${method} ${route}`,
    kind: SERVER,
    startTimeUnixNano: fixed64(startNanos),
    endTimeUnixNano: fixed64(endNanos),
    status: failed ? { code: ERROR } : {},
    attributes: [
      text('http.request.method', method),
      text('http.route', route),
      number('http.response.status_code', failed ? 500 : 200),
      text('url.path', `/v2${route.replace(':id', hex(random, 12))}`),
      text('url.scheme', 'https'),
      text('server.address', 'api.freight.example'),
      text('client.address', `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`),
      text(
        'user_agent.original',
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0',
      ),
      text('network.protocol.version', '1.1'),
      text('enduser.id', `user-${random.below(100_000)}`),
    ],
  };
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

function number(key: string, value: number): object {
  return { key, value: { intValue: value } };
}

function fixed64(value: bigint): object {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(value >> 32n), unsigned: true };
}

function hex(random: Random, length: number): string {
  return Buffer.from(random.bytes(Math.ceil(length / 2)))
    .toString('hex')
    .slice(0, length);
}
