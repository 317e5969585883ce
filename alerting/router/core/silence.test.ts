import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SilenceDraft } from '#alerting/ports.ts';
import {
  canEditInPlace,
  expired,
  Silencer,
  silenceProblem,
  silenceState,
  type StoredSilence,
} from '#alerting/router/core/silence.ts';

const NOW_MS = 1_000_000;

function silence(changes: Partial<StoredSilence> = {}): StoredSilence {
  return {
    id: 'one',
    matchers: [{ name: 'service', value: 'a', isRegex: false, isEqual: true }],
    startsAtMs: NOW_MS - 1000,
    endsAtMs: NOW_MS + 1000,
    updatedAtMs: 0,
    createdBy: 'ada',
    comment: '',
    annotations: {},
    ...changes,
  };
}

test('the state follows the time, the end excluded', () => {
  const one = silence();
  assert.equal(silenceState(one, one.startsAtMs - 1), 'pending');
  assert.equal(silenceState(one, one.startsAtMs), 'active');
  assert.equal(silenceState(one, one.endsAtMs - 1), 'active');
  assert.equal(silenceState(one, one.endsAtMs), 'expired');
});

test('expiring ends it now; a pending one never begins', () => {
  assert.equal(silenceState(expired(silence(), NOW_MS), NOW_MS), 'expired');
  const pending = expired(silence({ startsAtMs: NOW_MS + 500 }), NOW_MS);
  assert.deepEqual([pending.startsAtMs, pending.endsAtMs], [NOW_MS, NOW_MS]);
});

const EDITS: readonly (readonly [
  what: string,
  before: Partial<StoredSilence>,
  draft: Partial<SilenceDraft>,
  inPlace: boolean,
])[] = [
  ['a later end', {}, { endsAtMs: NOW_MS + 9000 }, true],
  ['the start of an active one', {}, { startsAtMs: NOW_MS + 10 }, false],
  ['the fraction of its start', { startsAtMs: NOW_MS - 500 }, { startsAtMs: NOW_MS - 1000 }, true],
  ['the start of a pending one', { startsAtMs: NOW_MS + 500 }, { startsAtMs: NOW_MS + 600 }, true],
  [
    'the start of a pending one into the past',
    { startsAtMs: NOW_MS + 500 },
    { startsAtMs: NOW_MS - 1 },
    false,
  ],
  ['an expired one', { endsAtMs: NOW_MS }, { endsAtMs: NOW_MS + 9000 }, false],
  ['the matchers', {}, { matchers: [{ name: 'a', value: 'b', isRegex: false, isEqual: true }] }, false],
];
for (const [what, before, draft, inPlace] of EDITS) {
  test(`editing ${what} is ${inPlace ? 'in place' : 'a new silence'}`, () => {
    const stored = silence(before);
    assert.equal(canEditInPlace(stored, { ...stored, ...draft }, NOW_MS), inPlace);
  });
}

test('a silence that names nothing is refused', () => {
  const draft = (matchers: SilenceDraft['matchers']): SilenceDraft => ({ ...silence(), matchers });
  const anything = { name: 'a', value: '', isRegex: false, isEqual: true };
  assert.match(silenceProblem(draft([]), NOW_MS) ?? '', /at least one matcher/);
  assert.match(silenceProblem(draft([anything]), NOW_MS) ?? '', /must not match the empty/);
  assert.match(silenceProblem(draft([{ ...anything, name: '' }]), NOW_MS) ?? '', /name of a label/);
  assert.equal(silenceProblem(draft([anything, ...silence().matchers]), NOW_MS), undefined);
  assert.equal(silenceProblem(draft([{ ...anything, isEqual: false }]), NOW_MS), undefined);
});

test('only active silences that match all of their matchers silence', () => {
  const silencer = new Silencer();
  const all = [
    silence(),
    silence({ id: 'two', startsAtMs: NOW_MS + 1 }),
    silence({
      id: 'three',
      matchers: [
        { name: 'service', value: 'a|b', isRegex: true, isEqual: true },
        { name: 'severity', value: 'page', isRegex: false, isEqual: false },
      ],
    }),
  ];
  assert.deepEqual(silencer.silencedBy(all, { service: 'a', severity: 'page' }, NOW_MS), ['one']);
  assert.deepEqual(silencer.silencedBy(all, { service: 'b', severity: 'ticket' }, NOW_MS), ['three']);
  assert.deepEqual(silencer.silencedBy(all, { service: 'a' }, NOW_MS + 1), ['one', 'two', 'three']);
  assert.deepEqual(silencer.silencedBy(all, { service: 'aa' }, NOW_MS), []);
});
