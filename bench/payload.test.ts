import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payloadA } from '#bench/payload.ts';

test('payload A has the size it is named for, and different bodies', () => {
  for (const spans of [1, 100]) {
    const bodies = payloadA(spans, 1, 4);
    assert.equal(new Set(bodies.map((body) => Buffer.from(body).toString('base64'))).size, 4);
  }
  const body = payloadA(100, 1, 1)[0];
  assert.ok(
    body !== undefined && Math.abs(body.length / 100 - 477) < 15,
    `${(body?.length ?? 0) / 100} B a span`,
  );
});
