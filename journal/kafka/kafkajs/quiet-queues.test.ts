import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import '#journal/kafka/kafkajs/connection.ts';

/** What a connection of kafkajs keeps its requests in. */
interface Queue {
  throttledUntil: number;
  readonly throttleCheckTimeoutId: unknown;
  push(request: object): void;
  checkPendingRequests(): void;
  destroy(): void;
}

function newQueue(): Queue {
  const make = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
    options: object,
  ) => Queue;
  return new make({
    maxInFlightRequests: null,
    requestTimeout: 1000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'none',
    logger: { debug() {}, warn() {} },
  });
}

test('a connection that waits for nothing sets no timer', () => {
  const queue = newQueue();
  // As after every answer.
  queue.checkPendingRequests();
  assert.equal(queue.throttleCheckTimeoutId, null);
  queue.destroy();
});

test('a request that brokers asked to hold back is sent when its time has come', async () => {
  const queue = newQueue();
  const sent = Promise.withResolvers<void>();
  queue.throttledUntil = Date.now() + 20;
  queue.push({
    entry: { correlationId: 1, resolve() {}, reject() {} },
    expectResponse: false,
    sendRequest: () => sent.resolve(),
  });
  await sent.promise;
  assert.ok(Date.now() >= queue.throttledUntil);
  assert.equal(queue.throttleCheckTimeoutId, null);
  queue.destroy();
});
