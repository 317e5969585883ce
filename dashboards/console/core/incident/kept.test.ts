import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterText,
  changesOf,
  isWaiting,
  patternLines,
  whyMissing,
} from '#dashboards/console/core/incident/kept.ts';
import type { KeptChange, KeptPart } from '#dashboards/console/web/data/own-api.ts';

const START = 1_800_000_000_000;

function part(changes: Partial<KeptPart<number>>): KeptPart<number> {
  return {
    state: 'pending',
    reason: null,
    asOfMs: null,
    startMs: null,
    endMs: null,
    value: null,
    ...changes,
  };
}

test('changes come newest first, starts of one hand as one', () => {
  const change = (kind: KeptChange['kind'], afterMs: number, service: string, detail = ''): KeptChange => ({
    kind,
    atMs: START + afterMs,
    service,
    detail,
  });
  const changes = changesOf([
    change('restart', 2000, 'b'),
    change('start', 1000, 'a'),
    change('operation', 9000, 'a', 'GET /x'),
    change('version', 4000, 'b', '2'),
    change('silent', 20_000, 'c'),
  ]);
  assert.deepEqual(
    changes.map(({ kind, services, text }) => [kind, services, text]),
    [
      ['silent', ['c'], ''],
      ['operation', ['a'], 'GET /x'],
      ['version', ['b'], '2'],
      ['restart', ['a', 'b'], '2 processes started'],
    ],
  );
});

test('patterns keep their order and say whether they are new', () => {
  const pattern = { service: 'a', severity: 'error', firstMs: 0, lastMs: 0, example: 'x 1' };
  const lines = patternLines([
    { ...pattern, pattern: 'pool is empty, waited <num> ms', count: 7, baselineCount: 0 },
    { ...pattern, pattern: '<num>', count: 6, baselineCount: 2 },
  ]);
  assert.deepEqual(
    lines.map(({ isNew, template, literal }) => [isNew, template, literal]),
    [
      [true, 'pool is empty, waited <num> ms', 'pool is empty, waited'],
      [false, '<num>', ''],
    ],
  );
});

test('what is not there says why', () => {
  assert.equal(whyMissing(part({ state: 'kept', value: 1 })), undefined);
  assert.match(whyMissing(part({})) ?? '', /^It fired just now/);
  assert.match(
    whyMissing(part({ reason: 'documents is not running' })) ?? '',
    /because documents is not running\./,
  );
  assert.match(
    whyMissing(part({ state: 'not-kept', reason: 'no answer in 12 tries' })) ?? '',
    /^Not kept, because no answer in 12 tries\.$/,
  );
  assert.deepEqual([isWaiting([part({})]), isWaiting([part({ state: 'not-kept' })])], [true, false]);
});

test('the moment it is of is the firing, or so long after it', () => {
  assert.equal(afterText(START + 2000, { startsAtMs: START }), 'when it fired');
  assert.match(afterText(START + 720_000, { startsAtMs: START }), /^12 min after it fired$/);
});
