import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONNECTORS_DEFAULT, type ServiceGraphConfig } from '#collector/connectors/config.ts';
import { ServiceGraph } from '#collector/connectors/core/servicegraph.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { DerivedReader } from '#test/support/derived.ts';
import { buildTraces, type TestAttributes, type TestSpan } from '#test/support/otlp.ts';

const DEFAULT = CONNECTORS_DEFAULT.servicegraph;
const START_NANOS = 1_700_000_000_000_000_000n;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const NAME = 'traces_service_graph_request';
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];

interface Sent {
  readonly kind: number;
  /** Small numbers stand for ids. */
  readonly id: number;
  readonly parent?: number;
  readonly ms?: number;
  readonly failed?: boolean;
  readonly attributes?: TestAttributes;
}

function spanOf({ kind, id, parent, ms = 1, failed = false, attributes = {} }: Sent): TestSpan {
  const hex = (number: number): string => number.toString(16).padStart(16, '0');
  return {
    traceId: TRACE,
    spanId: hex(id),
    ...(parent === undefined ? {} : { parentSpanId: hex(parent) }),
    kind,
    startNanos: START_NANOS,
    endNanos: START_NANOS + BigInt(ms * 1_000_000),
    statusCode: failed ? 2 : 0,
    attributes,
  };
}

class World {
  graph: ServiceGraph;
  readonly config: ServiceGraphConfig;
  nowMs = 1000;

  constructor(changes: Partial<ServiceGraphConfig> = {}) {
    this.config = { ...DEFAULT, bucketsSeconds: [0.01, 0.1], ...changes };
    this.graph = new ServiceGraph(this.config);
  }

  send(service: string, ...spans: readonly Sent[]): void {
    this.graph.expire(this.nowMs);
    this.graph.record(scanSpans(buildTraces({ service, spans: spans.map(spanOf) })), this.nowMs);
  }

  restart(): void {
    this.graph = new ServiceGraph(this.config, this.graph.save());
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.graph.expire(this.nowMs);
  }

  /** Requests by edge. */
  edges(): Readonly<Record<string, number>> {
    return withoutName(this.read().with(`${NAME}_total`));
  }

  read(): DerivedReader {
    const reader = new DerivedReader();
    this.graph.emit(reader, { timeMs: 10_000, zeroMs: 5000 });
    return reader;
  }
}

function withoutName(values: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key.replace(/^.*\{(.*)\}$/, '$1'), value]),
  );
}

test('caller and callee meet, whoever comes first, also across a restart', () => {
  for (const order of ['caller first', 'callee first']) {
    for (const restarts of [false, true]) {
      const world = new World();
      const caller = (): void => world.send('gateway', { kind: CLIENT, id: 1, ms: 20 });
      const callee = (): void => world.send('quotes', { kind: SERVER, id: 2, parent: 1, ms: 5 });
      const [first, second] = order === 'caller first' ? [caller, callee] : [callee, caller];
      first();
      assert.deepEqual(world.edges(), {});
      if (restarts) world.restart();
      second();
      assert.deepEqual(world.edges(), { 'client=gateway,server=quotes': 1 }, order);
      const { values } = world.read();
      const labels = 'client=gateway,server=quotes';
      assert.equal(values.get(`${NAME}_client_seconds_sum{${labels}}`), 0.02);
      assert.equal(values.get(`${NAME}_server_seconds_sum{${labels}}`), 0.005);
      assert.equal(values.get(`${NAME}_server_seconds_bucket{client=gateway,le=0.01,server=quotes}`), 1);
      assert.equal(values.get(`${NAME}_client_seconds_bucket{client=gateway,le=0.01,server=quotes}`), 0);
      assert.equal(world.graph.waiting, 0);
    }
  }
});

test('a request failed when either end says so', () => {
  const world = new World();
  world.send('a', { kind: CLIENT, id: 1, failed: true }, { kind: CLIENT, id: 3 }, { kind: CLIENT, id: 5 });
  world.send('b', { kind: SERVER, id: 2, parent: 1 }, { kind: SERVER, id: 4, parent: 3, failed: true });
  world.send('b', { kind: SERVER, id: 6, parent: 5 });
  assert.equal(world.read().values.get(`${NAME}_failed_total{client=a,server=b}`), 2);
  assert.deepEqual(world.edges(), { 'client=a,server=b': 3 });
});

test('roots, inner spans and spans without ids wait for nobody', () => {
  const world = new World();
  world.send('a', { kind: SERVER, id: 1 }, { kind: 1, id: 2, parent: 1 }, { kind: CLIENT, id: 0 });
  assert.equal(world.graph.waiting, 0);
});

test('a caller nobody answered makes a virtual node of its peer; the rest expires', () => {
  const world = new World();
  const peer = { 'service.peer.name': 'quotes', 'peer.service': 'ignored' };
  world.send(
    'gateway',
    { kind: CLIENT, id: 1, failed: true, attributes: peer },
    { kind: CLIENT, id: 2, attributes: { 'peer.service': 'mail' } },
    { kind: CLIENT, id: 3 },
    { kind: SERVER, id: 4, parent: 99 },
  );
  world.pass(DEFAULT.waitingMsMax);
  assert.deepEqual(world.edges(), {});
  world.pass(1);
  assert.deepEqual(world.edges(), {
    'client=gateway,connection_type=virtual_node,server=quotes': 1,
    'client=gateway,connection_type=virtual_node,server=mail': 1,
  });
  const { values } = world.read();
  const labels = 'client=gateway,connection_type=virtual_node,server=quotes';
  assert.equal(values.get(`${NAME}_failed_total{${labels}}`), 1);
  assert.equal(values.get(`${NAME}_client_seconds_count{${labels}}`), 1);
  assert.equal(values.get(`${NAME}_server_seconds_count{${labels}}`), 0);
  assert.deepEqual(world.graph.counts, { edges: 2, expired: 2, dropped: 0, overflowed: 0 });
});

test('a message meets all its consumers, early and late', () => {
  const world = new World();
  world.send('billing', { kind: CONSUMER, id: 2, parent: 1 });
  world.send('alerts', { kind: CONSUMER, id: 3, parent: 1 });
  world.send('shipments', { kind: PRODUCER, id: 1 });
  world.restart();
  world.send('billing', { kind: CONSUMER, id: 4, parent: 1 });
  assert.deepEqual(world.edges(), {
    'client=shipments,connection_type=messaging_system,server=billing': 2,
    'client=shipments,connection_type=messaging_system,server=alerts': 1,
  });
  world.pass(DEFAULT.waitingMsMax + 1);
  assert.equal(world.graph.counts.expired, 0);
});

test('a database is the other end at once', () => {
  const world = new World();
  const attributes = { 'db.system': 'sqlite', 'db.namespace': 'shipments-db' };
  world.send('shipments', { kind: CLIENT, id: 1, attributes });
  assert.deepEqual(world.edges(), { 'client=shipments,connection_type=database,server=shipments-db': 1 });
  assert.equal(world.graph.waiting, 0);
});

test('no room to wait: dropped and counted, and room comes back', () => {
  const world = new World({ waitingMax: 2 });
  world.send('a', { kind: CLIENT, id: 1 }, { kind: CLIENT, id: 2 }, { kind: CLIENT, id: 3 });
  assert.deepEqual([world.graph.waiting, world.graph.counts.dropped], [2, 1]);
  world.send('b', { kind: SERVER, id: 4, parent: 1 }, { kind: SERVER, id: 5, parent: 2 });
  world.send('a', { kind: CLIENT, id: 6 }, { kind: CLIENT, id: 7 });
  assert.deepEqual([world.graph.waiting, world.graph.counts.dropped], [2, 1]);
  assert.deepEqual(world.edges(), { 'client=a,server=b': 2 });
});

test('a clock that was set back keeps nobody waiting for ever', () => {
  const world = new World();
  world.send('a', { kind: CLIENT, id: 1 });
  world.nowMs -= 3_600_000;
  world.graph.expire(world.nowMs);
  assert.equal(world.graph.waiting, 0);
});

test('beyond the limit edges share one, and dimensions of both ends are labels', () => {
  const world = new World({ seriesMax: 1, dimensions: ['tenant.id'] });
  const tenant = (id: string): TestAttributes => ({ 'tenant.id': id });
  world.send('a', { kind: CLIENT, id: 1, attributes: tenant('x') }, { kind: CLIENT, id: 3 });
  world.send('b', { kind: SERVER, id: 2, parent: 1, attributes: tenant('y') });
  world.send('c', { kind: SERVER, id: 4, parent: 3 });
  assert.deepEqual(world.edges(), {
    'client=a,client_tenant_id=x,server=b,server_tenant_id=y': 1,
    'otel_metric_overflow=true': 1,
  });
  assert.equal(world.graph.counts.overflowed, 1);
});
