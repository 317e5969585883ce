import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { SEVERITY_RANGES, severityNumberMin, severityRange } from '#signals/severity.ts';

test('every number of OTLP is in its range, every other in none', () => {
  const expected = [
    [0, 'unset'],
    [1, 'trace'],
    [4, 'trace'],
    [5, 'debug'],
    [9, 'info'],
    [12, 'info'],
    [13, 'warn'],
    [17, 'error'],
    [21, 'fatal'],
    [24, 'fatal'],
    [25, 'unset'],
    [255, 'unset'],
    [-1, 'unset'],
    [Number.NaN, 'unset'],
  ] as const;
  deepEqual(
    expected.map(([number]) => [number, severityRange(number)]),
    expected,
  );
});

test('the lowest number of a range is in it, the one below is not', () => {
  for (const range of SEVERITY_RANGES) {
    const lowest = severityNumberMin(range);
    equal(severityRange(lowest), range);
    if (lowest > 0) equal(severityRange(lowest - 1) === range, false);
  }
});
