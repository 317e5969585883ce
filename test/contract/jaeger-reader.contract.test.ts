/**
 * The reader of a real Jaeger where only v1 is: our own server's, over the
 * embedded store. Two translations meet here, theirs of spans to Jaeger's JSON
 * and ours back.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { present } from '#base/invariant.ts';
import { systemNet } from '#base/real/net.ts';
import { jaegerRoutes } from '#server/jaeger/routes.ts';
import { JaegerReader } from '#storage/jaeger/reader.ts';
import { search, span, spansRecord, traceId } from '#test/contract/traces.ts';
import { DocumentsWorld } from '#test/support/documents-world.ts';

async function open() {
  const world = await DocumentsWorld.open();
  const app = express();
  app.set('query parser', 'simple');
  // As Jaeger: a page of the user interface where there is no such call.
  app.use('/api/v3', (_request, response) => void response.send('<!doctype html>'));
  app.use('/api', jaegerRoutes(world.store));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    world,
    reader: new JaegerReader({ net: systemNet, url, headers: {}, timeoutMs: 10_000, tls: undefined }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

test('where only v1 is, a trace comes back as it was stored, in microseconds', async () => {
  await using opened = await open();
  const { world, reader } = opened;
  const parent = span(1, 1, {
    name: 'GET /buy',
    attributes: { text: 'å "x"', yes: true, big: 2n ** 63n - 1n, half: 0.5 },
    statusCode: 2,
    statusMessage: 'no route',
  });
  const child = span(1, 2, { name: 'charge', kind: 3, parentSpanId: parent.spanId });
  await world.write([
    spansRecord({ service: 'shop', resource: { zone: 'z1' }, scope: 'lib' }, [parent]),
    spansRecord({ service: 'bank' }, [child]),
  ]);
  const stored = present(await world.store.trace(traceId(1)), 'it was written');
  const read = present(await reader.trace(traceId(1)), 'it is found');
  const plain = (one: typeof stored) =>
    one.spans.map(({ attributes, resource, ...rest }) => ({
      ...rest,
      id: '',
      attributes: attributes.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      resource: resource.attributes.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    }));
  assert.deepEqual(plain(read), plain(stored));
});

test('where only v1 is, services, operations and searches are answered', async () => {
  await using opened = await open();
  const { world, reader } = opened;
  await world.write([
    spansRecord({ service: 'shop' }, [span(1, 1, { name: 'a', attributes: { n: 7n } })]),
    spansRecord({ service: 'shop' }, [span(2, 2, { name: 'b', kind: 3, statusCode: 2 })]),
  ]);
  assert.deepEqual(await reader.services(), ['shop']);
  assert.deepEqual(await reader.operations('shop'), [
    { name: 'a', kind: 'server' },
    { name: 'b', kind: 'client' },
  ]);
  const ask = async (more: Parameters<typeof search>[1]): Promise<string[]> =>
    (await reader.searchTraces(search('shop', more))).map((trace) => trace.traceId);
  assert.deepEqual(await ask({}), [traceId(2), traceId(1)]);
  assert.deepEqual(await ask({ operation: 'a' }), [traceId(1)]);
  assert.deepEqual(await ask({ attributes: { n: '7' } }), [traceId(1)]);
  assert.deepEqual(await ask({ attributes: { error: 'true' } }), [traceId(2)]);
  assert.deepEqual(await ask({ tracesMax: 1 }), [traceId(2)]);
  assert.equal(await reader.trace(traceId(9)), undefined);
  assert.deepEqual((await reader.traces([traceId(2), traceId(9), traceId(1)])).length, 2);
});

test('what is no Jaeger says so', async () => {
  const server = express().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const reader = new JaegerReader({ net: systemNet, url, headers: {}, timeoutMs: 5000, tls: undefined });
  await assert.rejects(reader.services(), { code: 'PLIM_STORE_UNAVAILABLE' });
  server.closeAllConnections();
  server.close();
  await assert.rejects(reader.services(), { code: 'PLIM_STORE_UNAVAILABLE' });
});
