import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError, errorText, isCoded } from '#base/errors.ts';
import { invariant, InvariantError, present } from '#base/invariant.ts';
import { formatProblem } from '#base/problem.ts';

test('a coded error knows whether trying again can help', () => {
  assert.equal(new CodedError('PLIM_OVERLOADED', 'busy').canRetry, true);
  assert.equal(new CodedError('PLIM_USAGE', 'wrong').canRetry, false);
});

test('isCoded tells codes and strangers apart', () => {
  const error: unknown = new CodedError('PLIM_USAGE', 'wrong');
  assert.equal(isCoded(error), true);
  assert.equal(isCoded(error, 'PLIM_USAGE'), true);
  assert.equal(isCoded(error, 'PLIM_OVERLOADED'), false);
  assert.equal(isCoded(new Error('PLIM_USAGE')), false);
});

test('anything thrown has a text', () => {
  assert.equal(errorText(new Error('a')), 'a');
  assert.equal(errorText('b'), 'b');
  assert.equal(errorText(undefined), 'undefined');
});

test('a broken invariant says why', () => {
  assert.throws(() => invariant(false, 'it holds'), new InvariantError('it holds'));
  assert.equal(present(0, 'zero is there'), 0);
  assert.throws(() => present(undefined, 'it is there'), InvariantError);
});

test('a problem names its place the way editors read it', () => {
  const problem = {
    file: 'a.yaml',
    line: 3,
    column: 5,
    path: 'x.y',
    severity: 'error',
    message: 'bad',
  } as const;
  assert.equal(formatProblem(problem), 'a.yaml:3:5: bad (x.y)');
  assert.equal(
    formatProblem({ ...problem, line: 0, column: 0, path: '', severity: 'warning' }),
    'a.yaml: warning: bad',
  );
});
