import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetRequest } from '#base/net.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { SimulatedNet, type Outcome } from '#base/sim/net.ts';

const REQUEST: NetRequest = {
  method: 'POST',
  url: 'http://receiver/hook',
  headers: {},
  timeoutMs: 1000,
  responseBytesMax: 100,
};

const CASES: readonly { readonly outcome: Outcome; readonly atMs: number; readonly says: string }[] = [
  { outcome: { kind: 'response', status: 200 }, atMs: 0, says: '200' },
  { outcome: { kind: 'response', status: 429, delayMs: 500 }, atMs: 500, says: '429' },
  { outcome: { kind: 'response', status: 200, delayMs: 1001 }, atMs: 1000, says: 'ETIMEDOUT' },
  { outcome: { kind: 'error', code: 'ECONNRESET', delayMs: 5 }, atMs: 5, says: 'ECONNRESET' },
  { outcome: { kind: 'silence' }, atMs: 1000, says: 'ETIMEDOUT' },
];

for (const { outcome, atMs, says } of CASES) {
  test(`${JSON.stringify(outcome)} ends as ${says} after ${atMs} ms`, async () => {
    const clock = new SimulatedClock();
    const net = new SimulatedNet(clock, () => outcome);
    let result = '';
    let endedMs = -1;
    const done = net.request(REQUEST).then(
      (response) => String(response.status),
      (error: Error & { code: string }) => error.code,
    );
    void done.then((text) => {
      result = text;
      endedMs = clock.monotonicMs();
    });
    await clock.advanceAsync(2000);
    assert.deepEqual({ result, endedMs }, { result: says, endedMs: atMs });
    assert.equal(net.requests.length, 1);
  });
}

test('an abort rejects and leaves no timer', async () => {
  const clock = new SimulatedClock();
  const abort = new AbortController();
  const net = new SimulatedNet(clock, () => ({ kind: 'silence' }));
  const running = net.request({ ...REQUEST, signal: abort.signal });
  abort.abort();
  await assert.rejects(running, { code: 'ABORT_ERR' });
  assert.equal(clock.nextDueMs(), undefined);
});

test('a long body is cut as on the real network', async () => {
  const clock = new SimulatedClock();
  const net = new SimulatedNet(clock, () => ({ kind: 'response', status: 200, body: 'x'.repeat(101) }));
  const running = net.request(REQUEST);
  clock.advance(0);
  const response = await running;
  assert.deepEqual([response.body.length, response.truncated], [100, true]);
});
