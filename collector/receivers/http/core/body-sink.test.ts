import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '#base/invariant.ts';
import { seededRandom } from '#base/sim/random.ts';
import { createAdmission } from '#collector/receivers/http/core/admission.ts';
import { BodySink, FIRST_ROOM_BYTES } from '#collector/receivers/http/core/body-sink.ts';

function sinkOf(roomBytes: number, bytesMax: number, budgetBytes = 1e9) {
  const admission = createAdmission({ bytesMax: budgetBytes, requestsMax: 10 });
  const ticket = present(admission.enter(roomBytes), 'there is room');
  return { sink: new BodySink(ticket, roomBytes, bytesMax), admission };
}

test('what goes in comes out, however it is cut', () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  const whole = random.bytes(200_000);
  const { sink } = sinkOf(FIRST_ROOM_BYTES, 1_000_000);
  for (let at = 0; at < whole.length;) {
    const piece = whole.subarray(at, at + 1 + random.below(30_000));
    equal(sink.push(piece), undefined);
    at += piece.length;
  }
  deepEqual(sink.take(), whole, `seed ${seed}`);
});

test('exactly the limit is taken, one byte more is 413', () => {
  const { sink } = sinkOf(100, 100);
  equal(sink.push(new Uint8Array(100)), undefined);
  equal(sink.push(new Uint8Array(1))?.status, 413);
  equal(sink.length, 100, 'nothing of what was refused is kept');
});

test('growing beyond the budget is 503, and what is held is what there is room for', () => {
  const { sink, admission } = sinkOf(FIRST_ROOM_BYTES, 1_000_000, 200_000);
  equal(sink.push(new Uint8Array(100_000)), undefined);
  equal(admission.bytes, 2 * FIRST_ROOM_BYTES);
  const refusal = sink.push(new Uint8Array(100_000));
  deepEqual([refusal?.status, refusal?.code], [503, 'PLIM_OVERLOADED']);
  ok(admission.bytes <= 200_000);
});
