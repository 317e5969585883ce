import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from '#collector/exporters/http/retry-after.ts';

test('seconds and dates are read, within an hour; what is neither asks for nothing', () => {
  const wallMs = Date.parse('Sat, 21 Nov 2026 13:00:00 GMT');
  const cases: readonly [string | undefined, number | undefined][] = [
    ['3', 3000],
    ['0', 0],
    ['1.5', 1500],
    ['99999999', 3_600_000],
    ['Sat, 21 Nov 2026 13:00:07 GMT', 7000],
    ['Sat, 21 Nov 2026 12:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ];
  for (const [header, expected] of cases) assert.equal(retryAfterMs(header, wallMs), expected, header);
});
