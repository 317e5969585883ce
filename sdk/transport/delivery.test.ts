import { deepEqual, equal, ok } from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { Delivery, type DeliveryOptions, type LossReason } from '#sdk/transport/delivery.ts';

/** For what comes at once unless the machine stalls. */
const WAIT_MS_MAX = 20_000;

let servers: Server[] = [];

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  servers = [];
});

async function collector(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
}

interface Told {
  sent: number;
  readonly lost: Partial<Record<LossReason, number>>;
  readonly said: string[];
}

function delivery(
  url: string,
  changes: Partial<DeliveryOptions<string>> = {},
): { readonly told: Told; readonly way: Delivery<string> } {
  const told: Told = { sent: 0, lost: {}, said: [] };
  const way = new Delivery<string>({
    what: 'texts',
    destination: { url, headers: {}, timeoutMs: WAIT_MS_MAX, compression: 'none' },
    batching: { delayMs: 5, batchItemsMax: 10, queueItemsMax: 1000 },
    mediaType: 'text/plain',
    encode: (items) => Buffer.from(`${items.join(' ')} `),
    onSent: (items) => (told.sent += items),
    onLost: (items, reason) => (told.lost[reason] = (told.lost[reason] ?? 0) + items),
    say: (message) => told.said.push(message),
    ...changes,
  });
  return { told, way };
}

/** Answers with each status in turn, then with 200, and keeps what it has taken. */
function keeping(statuses: number[], taken: string[]): RequestListener {
  return (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const status = statuses.shift() ?? 200;
      if (status === 200) taken.push(...body.trim().split(' '));
      response.writeHead(status).end();
    });
  };
}

const ITEMS = Array.from({ length: 25 }, (_, index) => `i${index}`);

test('items arrive in order, in batches, once', async () => {
  const taken: string[] = [];
  const { way, told } = delivery(await collector(keeping([], taken)));
  for (const item of ITEMS) way.add(item);
  await way.flush(WAIT_MS_MAX);
  deepEqual(taken, ITEMS);
  deepEqual([told.sent, told.lost, way.waitingItems], [25, {}, 0]);
});

test('after a 503 a flush gives up, the items wait, and the next one brings them once', async () => {
  const taken: string[] = [];
  const { way, told } = delivery(await collector(keeping([503], taken)));
  for (const item of ITEMS) way.add(item);
  await way.flush(WAIT_MS_MAX);
  deepEqual([taken, way.waitingItems], [[], 25]);
  await way.flush(WAIT_MS_MAX);
  deepEqual(taken, ITEMS);
  deepEqual([told.sent, told.lost], [25, {}]);
  equal(told.said.length, 2, told.said.join('; '));
});

test('what is refused is counted, said once, and not tried again', async () => {
  const taken: string[] = [];
  const { way, told } = delivery(await collector(keeping([400, 400], taken)));
  for (const item of ITEMS) way.add(item);
  await way.flush(WAIT_MS_MAX);
  deepEqual(taken, ITEMS.slice(20));
  deepEqual([told.sent, told.lost], [5, { refused: 20 }]);
  equal(told.said.length, 1);
});

test('of a partial success the refused part is counted', async () => {
  const { way, told } = delivery(
    await collector((request, response) => {
      request.resume().on('end', () => response.end(Uint8Array.of(0x0a, 2, 0x08, 3)));
    }),
  );
  for (const item of ITEMS.slice(0, 10)) way.add(item);
  await way.flush(WAIT_MS_MAX);
  deepEqual([told.sent, told.lost], [7, { refused: 3 }]);
});

test('a collector that is away costs bounded memory; what has no room is counted', async () => {
  const url = await collector(() => {});
  const body = new Uint8Array(1024 * 1024);
  const { way, told } = delivery(url, { encode: () => body });
  for (let index = 0; index < 400; index += 1) way.add('x');
  // Encoded, eight of the forty batches of one mebibyte have room.
  await way.flush(1);
  equal(way.waitingItems, 80);
  deepEqual(told.lost, { queue_full: 320 });
  for (let index = 0; index < 5000; index += 1) way.add('x');
  ok(way.waitingItems <= 1080);
  equal((told.lost.queue_full ?? 0) + way.waitingItems, 5400, 'nothing is lost uncounted');
});

test('what cannot be encoded is counted and hurts nobody else', async () => {
  const taken: string[] = [];
  const { way, told } = delivery(await collector(keeping([], taken)), {
    encode: (items) => {
      if (items.includes('i3')) throw new Error('not that one');
      return Buffer.from(`${items.join(' ')} `);
    },
  });
  for (const item of ITEMS) way.add(item);
  await way.flush(WAIT_MS_MAX);
  deepEqual(taken, ITEMS.slice(10));
  deepEqual(told.lost, { not_encodable: 10 });
});

test('the rest is handed over whole, and what comes later at once', async () => {
  const { way } = delivery(await collector(() => {}));
  for (const item of ITEMS) way.add(item);
  const rest = way.takeRest();
  deepEqual(
    rest.map(({ items }) => items),
    [10, 10, 5],
  );
  equal(way.waitingItems, 0);
  const late: number[] = [];
  way.endWith((parcels) => late.push(...parcels.map(({ items }) => items)));
  way.add('one more');
  deepEqual(late, [1]);
});
