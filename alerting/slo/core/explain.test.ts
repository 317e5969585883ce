import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration } from '#base/duration.ts';
import { explainDetection } from '#alerting/slo/core/explain.ts';
import { sloOf } from '#test/support/slo-world.ts';

/** First page and first ticket at 100, 50, 10, 5, 2 and 1 % errors, to the second. */
const TABLE: readonly [objective: number, pages: string, tickets: string][] = [
  [0.9999, '5s 10s 52s 1m44s 4m19s 8m38s', '26s 52s 4m19s 8m38s 21m36s 43m12s'],
  [0.999, '52s 1m44s 8m38s 17m17s 43m12s 3h36m', '4m19s 8m38s 43m12s 1h26m24s 3h36m 7h12m'],
  [0.99, '8m38s 17m17s 3h36m never never never', '43m12s 1h26m24s 7h12m 14h24m 1d12h never'],
  [0.9, '3h36m never never never never never', '7h12m 14h24m never never never never'],
];

for (const [objective, pages, tickets] of TABLE) {
  test(`detection at ${objective * 100} %`, () => {
    const rows = explainDetection(sloOf({ objective }));
    const text = (time: number | 'never'): string =>
      time === 'never' ? time : formatDuration(Math.round(time / 1000) * 1000);
    assert.equal(rows.map((row) => text(row.firstPageMs)).join(' '), pages);
    assert.equal(rows.map((row) => text(row.firstTicketMs)).join(' '), tickets);
    assert.deepEqual(
      rows.map((row) => row.policies.length),
      [4, 4, 4, 4, 4, 4],
    );
  });
}
