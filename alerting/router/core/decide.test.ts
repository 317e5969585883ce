import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, saysTheSame, type FlushInput } from '#alerting/router/core/decide.ts';
import type { GroupMember } from '#alerting/router/core/model.ts';

const NOW_MS = 1_000_000;
const REPEAT_MS = 10_000;

function alert(fingerprint: string, changes: Partial<GroupMember> = {}): GroupMember {
  return {
    fingerprint,
    sloId: 's/x',
    kind: 'page',
    incarnation: 1,
    firing: true,
    startsAtMs: 0,
    endsAtMs: undefined,
    updatedAtMs: 0,
    labels: {},
    annotations: {},
    incidentId: fingerprint,
    acknowledgedBy: undefined,
    ...changes,
  };
}
const resolved = (fingerprint: string, incarnation = 1): GroupMember =>
  alert(fingerprint, { firing: false, endsAtMs: 1, incarnation });
const acked = (fingerprint: string): GroupMember => alert(fingerprint, { acknowledgedBy: 'ada' });

interface Case {
  readonly what: string;
  /** Told `sinceMs` ago; undefined: never told. */
  readonly told?: readonly string[];
  readonly sinceMs?: number;
  readonly members: readonly GroupMember[];
  readonly silenced?: readonly string[];
  readonly sendResolved?: boolean;
  /** Reason, firing and resolved in the notification, and what is known after it. */
  readonly expected?: readonly [reason: string, firing: string, resolved: string, known: string];
}

const CASES: readonly Case[] = [
  { what: 'one fires', members: [alert('a')], expected: ['first notification', 'a', '', 'a/1'] },
  { what: 'resolved before the first flush', members: [resolved('a')] },
  {
    what: 'one fires, another was over before anybody heard',
    members: [alert('a'), resolved('b')],
    expected: ['first notification', 'a', '', 'a/1'],
  },
  { what: 'nothing new', told: ['a/1'], members: [alert('a')] },
  {
    what: 'a second one',
    told: ['a/1'],
    members: [alert('a'), alert('b')],
    expected: ['new alerts added', 'a b', '', 'a/1 b/1'],
  },
  {
    what: 'a new incarnation between two flushes',
    told: ['a/1'],
    members: [alert('a', { incarnation: 2 })],
    expected: ['new alerts added', 'a', '', 'a/2'],
  },
  {
    what: 'one of two resolves',
    told: ['a/1', 'b/1'],
    members: [alert('a'), resolved('b')],
    expected: ['some alerts resolved', 'a', 'b', 'a/1'],
  },
  {
    what: 'all resolve',
    told: ['a/1'],
    members: [resolved('a')],
    expected: ['all alerts resolved', '', 'a', ''],
  },
  {
    what: 'it fired and resolved again between two flushes',
    told: ['a/1'],
    members: [resolved('a', 2)],
    expected: ['all alerts resolved', '', 'a', ''],
  },
  { what: 'resolutions are not wanted', told: ['a/1'], members: [resolved('a')], sendResolved: false },
  {
    what: 'one resolves, a new one fires',
    told: ['a/1'],
    members: [resolved('a'), alert('b')],
    expected: ['new alerts added', 'b', 'a', 'b/1'],
  },
  { what: 'silenced', members: [alert('a')], silenced: ['a'] },
  {
    what: 'a silenced one it knows of stays known',
    told: ['a/1'],
    members: [alert('a'), alert('b')],
    silenced: ['a'],
    expected: ['new alerts added', 'b', '', 'b/1 a/1'],
  },
  { what: 'resolved while silenced is not told', told: ['a/1'], members: [resolved('a')], silenced: ['a'] },
  {
    what: 'time to repeat',
    told: ['a/1'],
    sinceMs: REPEAT_MS,
    members: [alert('a')],
    expected: ['repeat interval elapsed', 'a', '', 'a/1'],
  },
  { what: 'not yet time to repeat', told: ['a/1'], sinceMs: REPEAT_MS - 1, members: [alert('a')] },
  { what: 'an acknowledged group is not repeated', told: ['a/1'], sinceMs: REPEAT_MS, members: [acked('a')] },
  {
    what: 'a group acknowledged in part is repeated',
    told: ['a/1', 'b/1'],
    sinceMs: REPEAT_MS,
    members: [acked('a'), alert('b')],
    expected: ['repeat interval elapsed', 'a b', '', 'a/1 b/1'],
  },
  {
    what: 'an acknowledged one is told when it resolves',
    told: ['a/1'],
    members: [alert('a', { acknowledgedBy: 'ada', firing: false })],
    expected: ['all alerts resolved', '', 'a', ''],
  },
];

function inputOf({ told, sinceMs = 0, members, silenced = [], sendResolved = true }: Case): FlushInput {
  return {
    base: told === undefined ? undefined : { firing: told, atMs: NOW_MS - sinceMs },
    members,
    silenced: new Set(silenced),
    sendResolved,
    repeatIntervalMs: REPEAT_MS,
    nowMs: NOW_MS,
  };
}

for (const one of CASES) {
  test(`decide: ${one.what}`, () => {
    const decision = decide(inputOf(one));
    const names = (members: readonly GroupMember[]): string =>
      members.map((member) => member.fingerprint).join(' ');
    const actual =
      decision === undefined
        ? undefined
        : [
            decision.reason,
            names(decision.firing),
            names(decision.resolved),
            decision.notified.firing.join(' '),
          ];
    assert.deepEqual(actual, one.expected);
  });
}

test('a decision is compared by what it says', () => {
  const decision = decide(inputOf({ what: '', told: ['a/1'], members: [resolved('a'), alert('b')] }));
  assert.ok(decision !== undefined);
  assert.equal(saysTheSame(decision, { firing: ['b/1'], resolved: ['a/1'] }), true);
  assert.equal(saysTheSame(decision, { firing: ['b/1'], resolved: [] }), false);
  assert.equal(saysTheSame(decision, { firing: ['b/2'], resolved: ['a/1'] }), false);
});
