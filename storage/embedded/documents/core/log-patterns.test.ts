import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { PatternCounter } from '#storage/embedded/documents/core/log-patterns.ts';

function record(message: string, at: number, more: { service?: string; severityNumber?: number } = {}) {
  return { id: `id-${at}`, service: 'a', severityNumber: 9, message, unixNanos: BigInt(at), ...more };
}

test('records are counted by service, severity and template, the newest is the example', () => {
  const counter = new PatternCounter();
  for (const one of [
    record('took 5 ms', 30),
    record('took 7 ms', 50),
    record('took 6 ms', 20),
    record('took 6 ms', 60, { service: 'b' }),
    record('took 6 ms', 40, { severityNumber: 17 }),
    record('gone', 10),
  ])
    counter.add(one);
  for (const one of [record('took 9 ms', 1), record('took 8 ms', 2), record('never seen again', 3)])
    counter.addBaseline(one);
  deepEqual(
    counter
      .result(3)
      .map(({ pattern, service, severity, count, baselineCount, ...more }) => [
        [pattern, service, severity, count, baselineCount],
        Object.values(more),
      ]),
    [
      [
        ['took <num> ms', 'a', 'info', 3, 2],
        [20n, 50n, 'id-50', 'took 7 ms'],
      ],
      [
        ['took <num> ms', 'b', 'info', 1, 0],
        [60n, 60n, 'id-60', 'took 6 ms'],
      ],
      [
        ['took <num> ms', 'a', 'error', 1, 0],
        [40n, 40n, 'id-40', 'took 6 ms'],
      ],
    ],
  );
});
