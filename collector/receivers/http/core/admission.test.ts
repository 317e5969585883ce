import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { createAdmission, retryAfterSeconds } from '#collector/receivers/http/core/admission.ts';
import { present } from '#base/invariant.ts';
import { seededRandom } from '#base/sim/random.ts';

test('bytes and requests are bounded, and given back once', () => {
  const admission = createAdmission({ bytesMax: 100, requestsMax: 2 });
  const first = present(admission.enter(60), 'there is room');
  equal(admission.enter(41), undefined);
  const second = present(admission.enter(40), 'there is room');
  equal(admission.enter(0), undefined, 'two requests at most');
  first.close();
  first.close();
  deepEqual([admission.bytes, admission.requests], [40, 1]);
  second.close();
  deepEqual([admission.bytes, admission.requests], [0, 0]);
});

test('a growing request takes what is free and no more', () => {
  const admission = createAdmission({ bytesMax: 100, requestsMax: 2 });
  const ticket = present(admission.enter(10), 'there is room');
  const other = present(admission.enter(30), 'there is room');
  ok(ticket.hold(70));
  equal(ticket.hold(71), false);
  equal(admission.bytes, 100);
  ok(ticket.hold(5), 'shrinking always works');
  other.close();
  equal(admission.bytes, 5);
  ticket.close();
  throws(() => ticket.hold(1));
});

test('Retry-After is a whole number from the base to twice the base', () => {
  const random = seededRandom(1);
  const seen = new Set(
    Array.from({ length: 200 }, () => retryAfterSeconds(2, (bound) => random.below(bound))),
  );
  deepEqual(
    [...seen].toSorted((a, b) => a - b),
    [2, 3, 4],
  );
});
