import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '#test/runner/kinds.ts';
import { parseRequest, type RunRequest } from '#test/runner/request.ts';
import { addTally, closingLine, emptyTally, exitCodeOf } from '#test/runner/tally.ts';

const GOOD: readonly (readonly [string, RunRequest])[] = [
  ['', { kinds: [], paths: [], seed: undefined }],
  ['unit', { kinds: ['unit'], paths: [], seed: undefined }],
  ['check tidy', { kinds: ['check', 'tidy'], paths: [], seed: undefined }],
  ['sim --seed=42', { kinds: ['sim'], paths: [], seed: 42 }],
  ['journal', { kinds: [], paths: ['journal'], seed: undefined }],
  ['unit base/config', { kinds: ['unit'], paths: ['base/config'], seed: undefined }],
];

for (const [words, expected] of GOOD) {
  test(`reads "${words}"`, () => {
    assert.deepEqual(parseRequest(words === '' ? [] : words.split(' ')), expected);
  });
}

const BAD: readonly (readonly [string, RegExp])[] = [
  ['--seed=x', /--seed takes a whole number/],
  ['--seed', /--seed takes a whole number/],
  ['--sed=1', /--sed=1 is not known/],
  ['unti', /did you mean unit\?/],
  ['procces', /did you mean process\?/],
];

for (const [word, sentence] of BAD) {
  test(`refuses "${word}"`, () => {
    const answer = parseRequest([word]);
    assert.ok(typeof answer === 'string');
    assert.match(answer, sentence);
  });
}

test('the kind of a file is told by its name and place', () => {
  assert.equal(kindOf('journal/core/crc.test.ts'), 'unit');
  assert.equal(kindOf('test/runner/request.test.ts'), 'unit');
  assert.equal(kindOf('test/tidy/words.test.ts'), 'tidy');
  assert.equal(kindOf('test/sim/journal.sim.test.ts'), 'sim');
  assert.equal(kindOf('journal/disk/kill.process.test.ts'), 'process');
  assert.equal(kindOf('test/engines/engines.engines.test.ts'), 'engines');
  assert.equal(kindOf('test/engines/engines.engines-long.test.ts'), 'long');
});

test('the closing line counts everything, and only a clean run with tests is a success', () => {
  const total = emptyTally();
  assert.equal(exitCodeOf(total), 1, 'nothing ran');
  addTally(total, { passed: 2, failed: 0, skips: [{ title: 'a', reason: 'b' }] });
  assert.equal(exitCodeOf(total), 0);
  addTally(total, { passed: 1, failed: 1, skips: [] });
  assert.equal(exitCodeOf(total), 1);
  assert.equal(closingLine(total), '3 passed, 1 failed, 1 skipped');
});
