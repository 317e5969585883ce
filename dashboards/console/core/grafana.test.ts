import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boardUrl, type BoardSubject } from '#dashboards/console/core/grafana.ts';

const AT = {
  base: 'https://grafana.example/base',
  range: { from: 'now-15m', to: 'now' },
  console: 'http://127.0.0.1:7300',
};

const REST = 'from=now-15m&to=now&var-console=http%3A%2F%2F127.0.0.1%3A7300';

const CASES: readonly (readonly [BoardSubject, string])[] = [
  [{ board: 'fleet' }, `plimsoll-fleet?${REST}`],
  [{ board: 'pipeline' }, `plimsoll-pipeline?${REST}`],
  [{ board: 'chaos' }, `plimsoll-chaos?${REST}`],
  [
    { board: 'slo', slo: 'gateway/availability', service: 'gateway' },
    `plimsoll-slo?${REST}&var-slo=gateway%2Favailability&var-service=gateway`,
  ],
  [{ board: 'service', service: 'gateway' }, `plimsoll-service?${REST}&var-service=gateway`],
];

for (const [subject, expected] of CASES)
  test(`the board ${subject.board} is asked with the range and its variables`, () => {
    assert.equal(boardUrl(subject, AT), `https://grafana.example/base/d/${expected}`);
  });

test('absolute times go as they are, in milliseconds', () => {
  const range = { from: '1795271506523', to: '1795271516523' };
  assert.match(boardUrl({ board: 'fleet' }, { ...AT, range }), /\?from=1795271506523&to=1795271516523&/);
});

test('a name out of telemetry stays a value, whatever it is', () => {
  const url = new URL(boardUrl({ board: 'service', service: 'a&var-console=//evil#"<x>' }, AT));
  assert.equal(url.origin, 'https://grafana.example');
  assert.equal(url.hash, '');
  assert.equal(url.searchParams.get('var-service'), 'a&var-console=//evil#"<x>');
  assert.deepEqual(url.searchParams.getAll('var-console'), [AT.console]);
});
