import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { CallGraph, EDGES_MAX, NAMES_MAX } from '#alerting/blame/core/call-graph.ts';
import { viewGraph, type EdgeView } from '#alerting/blame/core/graph-view.ts';
import { buildTraces, type TestSpan } from '#test/support/otlp.ts';

const NOW_MS = 1_800_000_000_000;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const [SERVER, CLIENT, INTERNAL, PRODUCER, CONSUMER] = [2, 3, 1, 4, 5];

type Sent = Partial<TestSpan> & { readonly id: number; readonly parent?: number; readonly tookMs?: number };

class Sender {
  readonly graph = new CallGraph();

  sends(service: string, ...spans: readonly Sent[]): this {
    const body = buildTraces({
      service,
      spans: spans.map(({ id, parent, tookMs = 10, ...rest }) => ({
        traceId: TRACE,
        spanId: idOf(id),
        ...(parent === undefined ? {} : { parentSpanId: idOf(parent) }),
        startNanos: BigInt(NOW_MS - tookMs) * 1_000_000n,
        endNanos: BigInt(NOW_MS) * 1_000_000n,
        ...rest,
      })),
    });
    this.graph.observe(scanSpans(body), { wallMs: NOW_MS, engineMs: NOW_MS });
    return this;
  }

  edges(): string[] {
    const { outgoing } = viewGraph(this.graph, NOW_MS, NOW_MS + 1000, new Map());
    return [...outgoing.values()].flat().map(edgeText).sort();
  }

  self(service: string): { readonly failed: number; readonly durationMs: number } | undefined {
    const view = viewGraph(this.graph, NOW_MS, NOW_MS + 1000, new Map());
    return view.services.get(service)?.self.now;
  }
}

function idOf(number: number): string {
  return number.toString(16).padStart(16, '0');
}

function edgeText({ caller, callee, called, answered }: EdgeView): string {
  const side = ({ now }: EdgeView['called']): string => `${now.count}/${now.failed}`;
  return `${caller} ${callee} ${side(called)} ${side(answered)}`;
}

const call = (id: number, parent: number, more: Partial<TestSpan> = {}): Sent => ({
  id,
  parent,
  kind: CLIENT,
  ...more,
});

test('client and server spans meet in either order', () => {
  const server: Sent = { id: 3, parent: 2, kind: SERVER, statusCode: 2 };
  const client = call(2, 1, { statusCode: 2 });
  assert.deepEqual(new Sender().sends('a', client).sends('b', server).edges(), []);
  assert.deepEqual(new Sender().sends('b', server).sends('a', client).edges(), ['a b 1/1 1/1']);
  const named = call(2, 1, { statusCode: 2, attributes: { 'peer.service': 'b' } });
  assert.deepEqual(new Sender().sends('a', named).sends('b', server).edges(), ['a b 1/1 1/1']);
});

test('an address becomes a service once a pair has shown who lives there', () => {
  const attributes = { 'server.address': '127.0.0.1', 'server.port': 41_000 };
  const world = new Sender().sends('a', call(2, 1, { attributes, statusCode: 2 }));
  assert.deepEqual(world.edges(), ['a 127.0.0.1:41000 1/1 0/0']);
  world.sends('a', call(4, 1, { attributes })).sends('b', { id: 5, parent: 4, kind: SERVER });
  assert.deepEqual(world.edges(), ['a b 2/1 1/0'], 'calls before it are told of the service too');
});

test('a message is not sent to its consumer’s address', () => {
  const attributes = { 'peer.service': 'kafka' };
  const producer: Sent = { id: 2, parent: 1, kind: PRODUCER, attributes };
  const world = new Sender().sends('a', producer).sends('b', { id: 3, parent: 2, kind: CONSUMER });
  assert.deepEqual(world.edges(), ['a b 0/0 1/0', 'a kafka 1/0 0/0']);
});

test('an answer of the 400s is no failure of the callee; too many requests is one', () => {
  const answered = (id: number, status: number): Sent =>
    call(id, 1, { statusCode: 2, attributes: { 'peer.service': 'b', 'http.response.status_code': status } });
  const world = new Sender().sends(
    'a',
    answered(2, 404),
    answered(3, 409),
    answered(4, 429),
    answered(5, 503),
  );
  assert.deepEqual(world.edges(), ['a b 4/2 0/0']);
});

test('own work is what is left without the calls, own failures those without a failing call', () => {
  const b = { 'peer.service': 'b' };
  const world = new Sender().sends(
    'a',
    call(2, 9, { statusCode: 2, attributes: b }),
    { id: 9, parent: 1, kind: INTERNAL, statusCode: 2 },
    { id: 1, kind: SERVER, statusCode: 2, tookMs: 30 },
  );
  assert.deepEqual(world.self('a'), { count: 1, failed: 0, durationMs: 20 });
  const own = new Sender().sends('a', { id: 1, kind: SERVER, statusCode: 2, tookMs: 30 });
  assert.deepEqual(own.self('a'), { count: 1, failed: 1, durationMs: 30 });
});

test('a call that names nobody is work of the service itself', () => {
  const query = call(2, 1, { statusCode: 2, attributes: { 'db.system.name': 'sqlite' } });
  const world = new Sender().sends('a', query, { id: 1, kind: SERVER, statusCode: 2 });
  assert.deepEqual(world.edges(), []);
  assert.deepEqual(world.self('a'), { count: 1, failed: 1, durationMs: 10 });
});

test('more services and pairs than are kept are counted', () => {
  const world = new Sender();
  for (let number = 0; number < NAMES_MAX - 1 + 5; number += 1) {
    world.sends('a', call(number + 1, 1, { attributes: { 'peer.service': `s${number}` } }));
  }
  assert.equal(world.graph.nodes.length, NAMES_MAX);
  assert.equal(world.graph.dropped, 5);
  for (let number = 0; number < 5; number += 1) {
    world.sends('s1', call(number + 1, 1, { attributes: { 'peer.service': `s${number + 2}` } }));
  }
  assert.equal(world.graph.edges.length, EDGES_MAX);
});
