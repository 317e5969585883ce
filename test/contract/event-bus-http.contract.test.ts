/** The broker of the freight company, over HTTP, behind the port of events. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Log, LOG_SCHEMA } from '#sample-services/broker/log.ts';
import { brokerRoutes } from '#sample-services/broker/routes.ts';
import { Waiters, WAITERS_MAX } from '#sample-services/broker/waiters.ts';
import { HttpBus } from '#sample-services/lib/http-bus.ts';
import { answerProblems, createApp } from '#sample-services/lib/http.ts';
import { openDatabase } from '#sample-services/lib/sqlite.ts';
import { eventBusContract, type BusUnderTest } from '#test/contract/event-bus.ts';

/** Its own times end a request that a stalled machine is late with. */
const TIMEOUTS = { requestTimeoutMs: 20_000, pollGraceMs: 20_000 };

class Broker implements BusUnderTest {
  readonly #directory = mkdtempSync(join(tmpdir(), 'plimsoll-broker-'));
  #port = 0;
  #server: Server | undefined;
  #database: DatabaseSync | undefined;
  bus = new HttpBus('', TIMEOUTS);

  static async start(): Promise<Broker> {
    const broker = new Broker();
    await broker.#begin();
    broker.bus = new HttpBus(broker.url, TIMEOUTS);
    return broker;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  readonly restart = async (): Promise<void> => {
    await this.#end();
    await this.#begin();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const waiters = new Waiters();
    const database = openDatabase({ directory: this.#directory, name: 'broker', schema: LOG_SCHEMA });
    const log = new Log(database, Date.now, (topics) => waiters.wake(topics));
    const app = createApp();
    brokerRoutes(app, log, waiters);
    answerProblems(app);
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#database = database;
  }

  async #end(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    this.#database?.close();
  }
}

eventBusContract('broker over HTTP', () => Broker.start());

const garbage: readonly (readonly [string, string, string])[] = [
  ['no JSON', '/topics/tracking-events/records', '{'],
  ['no list', '/topics/tracking-events/records', '{"records":1}'],
  ['a record without an id', '/topics/tracking-events/records', '{"records":[{"key":"k","value":1}]}'],
  ['a record without a value', '/topics/tracking-events/records', '{"records":[{"id":"i","key":"k"}]}'],
  [
    'headers that are no texts',
    '/topics/tracking-events/records',
    '{"records":[{"id":"i","key":"k","value":1,"headers":{"a":1}}]}',
  ],
  ['an offset below zero', '/topics/tracking-events/groups/g/offset', '{"next_offset":-1}'],
  ['a group without a name', '/topics/tracking-events/groups/%20/offset', '{"next_offset":1}'],
];

test('garbage is refused with 400, and nothing of it is stored', async () => {
  await using broker = await Broker.start();
  for (const [what, path, body] of garbage) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(broker.url + path, { method: 'POST', headers, body });
    assert.equal(response.status, 400, what);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/, what);
    await response.arrayBuffer();
  }
  for (const query of ['max=-1', 'max=9999', 'wait_ms=x']) {
    const response = await fetch(`${broker.url}/topics/tracking-events/groups/g/records?${query}`);
    assert.equal(response.status, 400, query);
    await response.arrayBuffer();
  }
  const signal = AbortSignal.timeout(20_000);
  const poll = { topic: 'tracking-events', group: 'g', recordsMax: 10, waitMs: 0, signal };
  assert.deepEqual(await broker.bus.poll(poll), []);
});

test('who commits more than there is has read all there is', async () => {
  await using broker = await Broker.start();
  const record = { id: 'a', key: 'k', headers: {}, value: 1 };
  const signal = AbortSignal.timeout(20_000);
  const poll = { topic: 'tracking-events', group: 'g', recordsMax: 10, waitMs: 0, signal };
  await broker.bus.commit('tracking-events', 'g', 1000);
  await broker.bus.publish('tracking-events', [record]);
  assert.equal((await broker.bus.poll(poll)).length, 1);
});

test('polls beyond the limit are refused, those that wait are all let go', async () => {
  const waiters = new Waiters();
  const { signal } = new AbortController();
  const waiting = Array.from({ length: WAITERS_MAX }, () => waiters.wait('t', 10_000, signal));
  assert.ok(waiters.isFull);
  waiters.close();
  await Promise.all(waiting);
  assert.ok(!waiters.isFull);
  await waiters.wait('t', 10_000, signal);
});
