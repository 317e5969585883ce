import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { CodedError, errorText, isCoded } from '#base/errors.ts';
import { connectRpc, RPC_CALLS_IN_FLIGHT_MAX, serveRpc, type Remote, type RpcPort } from '#base/rpc.ts';

class Sums {
  readonly #base = 10;
  async add(left: number, right?: number): Promise<number> {
    return this.#base + left + (right ?? 0);
  }
  async refuse(): Promise<void> {
    throw new CodedError('PLIM_QUERY_LIMIT', 'too much');
  }
  async crash(): Promise<void> {
    throw new TypeError('a bug');
  }
  async function(): Promise<unknown> {
    return () => {};
  }
  async untilAborted(_first?: string, signal?: AbortSignal): Promise<string> {
    return new Promise((resolve) => {
      const end = (): void => resolve(`ended: ${errorText(signal?.reason)}`);
      if (signal?.aborted === true) end();
      signal?.addEventListener('abort', end);
    });
  }
  async never(): Promise<void> {
    return new Promise(() => {});
  }
}

function wrap(port: MessagePort): RpcPort {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => void port.on('message', listener),
    onClose: (listener) => void port.once('close', listener),
  };
}

function connect(t: TestContext): { client: Remote<Sums>; close: () => void } {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  serveRpc(wrap(port1), new Sums());
  return { client: connectRpc<Sums>(wrap(port2), 'sums'), close: () => port1.close() };
}

test('a call travels, with this and left-out arguments intact', async (t) => {
  const { client } = connect(t);
  assert.equal(await client.add(1, 2), 13);
  assert.equal(await client.add(1), 11);
  assert.deepEqual(await Promise.all([client.add(1), client.add(2), client.add(3)]), [11, 12, 13]);
});

test('a coded error keeps its code, any other its message', async (t) => {
  const { client } = connect(t);
  await assert.rejects(
    client.refuse(),
    (error) => isCoded(error, 'PLIM_QUERY_LIMIT') && error.message === 'too much',
  );
  await assert.rejects(client.crash(), (error) => !isCoded(error) && (error as Error).message === 'a bug');
});

test('what cannot be cloned is an error, there and back, and leaves nothing waiting', async (t) => {
  const { client } = connect(t);
  await assert.rejects(client.function(), /could not be cloned/);
  await assert.rejects(client.add((() => {}) as unknown as number), /could not be cloned/);
  assert.equal(await client.add(1), 11);
});

test('a method that is not there is an error', async (t) => {
  const { client } = connect(t);
  const strange = client as unknown as { missing(): Promise<void> };
  await assert.rejects(strange.missing(), /no method missing/);
});

test('aborting reaches the served method, before and after the call', async (t) => {
  const { client } = connect(t);
  const abort = new AbortController();
  const running = client.untilAborted('x', abort.signal);
  abort.abort();
  assert.equal(await running, 'ended: aborted by the caller');
  assert.equal(await client.untilAborted(undefined, AbortSignal.abort()), 'ended: aborted by the caller');
});

test('when the other side is gone, waiting and later calls reject', async (t) => {
  const { client, close } = connect(t);
  const waiting = client.never();
  close();
  await assert.rejects(waiting, (error) => isCoded(error, 'PLIM_STORE_UNAVAILABLE'));
  await assert.rejects(client.add(1), (error) => isCoded(error, 'PLIM_STORE_UNAVAILABLE'));
});

test('calls in flight are limited', async () => {
  const deaf: RpcPort = { post() {}, onMessage() {}, onClose() {} };
  const client = connectRpc<Sums>(deaf, 'deaf');
  for (let call = 0; call < RPC_CALLS_IN_FLIGHT_MAX; call += 1) void client.never();
  await assert.rejects(client.never(), (error) => isCoded(error, 'PLIM_OVERLOADED'));
});
