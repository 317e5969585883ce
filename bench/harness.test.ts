import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarise, table } from '#bench/harness.ts';

test('the median of an even number of runs lies between the middle two', () => {
  assert.deepEqual(summarise([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(summarise([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
  assert.deepEqual(summarise([7]), { median: 7, min: 7, max: 7 });
});

test('the table has a row a variant and names every figure', () => {
  const lines = table([
    { variant: 'ours', figures: { rate: [1_500_000, 1_600_000], p99: [1.25, 1.5] } },
    { variant: 'reference', figures: { rate: [3000] } },
  ]).split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /variant +rate +p99/);
  assert.match(lines[1] ?? '', /ours +1\.55 M \(1\.50 M … 1\.60 M\) +1\.38 \(1\.25 … 1\.50\)/);
  assert.match(lines[2] ?? '', /reference +3\.0 k/);
});
