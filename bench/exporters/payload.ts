/**
 * Payload M: OTLP metrics requests of 500 points, gauges and cumulative sums, each
 * series once a request and a second later in the next. Bodies are made beforehand.
 */
import { BODIES, payloadA } from '#bench/payload.ts';
import { buildMetrics, type TestAttributes, type TestMetric } from '#test/support/otlp.ts';

export const ITEMS_PER_REQUEST = 500;

const METRICS = 10;
const SERIES_PER_METRIC = ITEMS_PER_REQUEST / METRICS;
const SECOND_NANOS = 1_000_000_000n;
const ROUTES = ['/shipments', '/shipments/:id', '/quotes', '/dispatch', '/tracking/:id'];

export interface Load {
  /** Below the address of OTLP over HTTP. */
  readonly path: string;
  readonly items: number;
  readonly bodies: Iterable<Uint8Array>;
}

/** As many requests as hold at least `items` spans: payload A, a pool of bodies in turn. */
export function spanLoad(items: number): Load {
  const pool = payloadA(ITEMS_PER_REQUEST);
  const requests = Math.ceil(items / ITEMS_PER_REQUEST);
  return {
    path: '/v1/traces',
    items: requests * ITEMS_PER_REQUEST,
    bodies: Array.from({ length: requests }, (_, index) => pool[index % BODIES] ?? new Uint8Array()),
  };
}

let loads = 0;

/**
 * At least `items` points, of series that no load before it had: a server takes
 * each time once. They end now, so that none is too old.
 */
export function pointLoad(items: number): Load {
  const requests = Math.ceil(items / ITEMS_PER_REQUEST);
  const endNanos = BigInt(Date.now()) * 1_000_000n;
  loads += 1;
  const service = `freight-${loads}`;
  return {
    path: '/v1/metrics',
    items: requests * ITEMS_PER_REQUEST,
    bodies: Array.from({ length: requests }, (_, index) =>
      metricsRequest(service, index, endNanos - BigInt(requests - index) * SECOND_NANOS),
    ),
  };
}

function metricsRequest(service: string, step: number, nanos: bigint): Uint8Array {
  const metrics = Array.from({ length: METRICS }, (_, metric): TestMetric => {
    const points = Array.from({ length: SERIES_PER_METRIC }, (__, series) => ({
      nanos,
      value: metric % 2 === 0 ? BigInt(step * (series + 1)) : Math.sin(step + series) * 100,
      attributes: attributes(series),
    }));
    return metric % 2 === 0
      ? { kind: 'sum', name: `bench.requests.${metric}`, points }
      : { kind: 'gauge', name: `bench.level.${metric}`, points };
  });
  return buildMetrics({
    service,
    resource: { 'service.namespace': 'freight', 'service.instance.id': 'quotes-1' },
    metrics,
  });
}

function attributes(series: number): TestAttributes {
  return {
    'http.request.method': series % 2 === 0 ? 'GET' : 'POST',
    'http.route': ROUTES[series % ROUTES.length] ?? '',
    'http.response.status_code': BigInt(200 + (series % 4)),
    'server.address': 'api.freight.example',
    'network.protocol.version': '1.1',
    partition: String(series),
  };
}
