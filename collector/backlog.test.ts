import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backlogRefusal } from '#collector/backlog.ts';

test('up to the limit nothing is refused, beyond it the slow consumer is named', () => {
  assert.equal(backlogRefusal({ consumer: 'documents', bytes: 2 ** 20 }, 2 ** 20), undefined);
  const refusal = backlogRefusal({ consumer: 'documents', bytes: 2 ** 21 }, 2 ** 20);
  assert.equal(refusal?.code, 'PLIM_OVERLOADED');
  assert.match(refusal.message, /documents has 2 MiB .*backlog_bytes_max \(1 MiB\)/);
});
