/** Numbers of scripts: where ints and longs end, and how a choice keeps its type. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArithmeticOperator, MathFunction, NumericScript } from '#storage/document-scripts.ts';
import { evaluateScript, scriptSize } from '#storage/embedded/documents/core/search/aggregate/script.ts';

const int = (value: number): NumericScript => ({ kind: 'number', type: 'int', value });
const long = (value: bigint): NumericScript => ({ kind: 'number', type: 'long', value });
const double = (value: number): NumericScript => ({ kind: 'number', type: 'double', value });
const param: NumericScript = { kind: 'param', name: 'a' };
const on = (left: NumericScript, operator: ArithmeticOperator, right: NumericScript): NumericScript => ({
  kind: 'arithmetic',
  operator,
  left,
  right,
});
const call = (name: MathFunction, ...values: readonly NumericScript[]): NumericScript => ({
  kind: 'call',
  name,
  values,
});
const evaluated = (script: NumericScript, a = 7): number => evaluateScript(script, new Map([['a', a]]));

test('whole numbers divide into whole numbers and wrap around', () => {
  assert.equal(evaluated(on(int(10), '/', int(3))), 3);
  assert.equal(evaluated(on(int(-5), '/', int(2))), -2);
  assert.equal(evaluated(on(int(-5), '%', int(3))), -2);
  assert.equal(evaluated(on(int(2_147_483_647), '+', int(1))), -2_147_483_648);
  assert.equal(evaluated(on(int(65_537), '*', int(65_537))), 131_073);
  assert.equal(evaluated({ kind: 'negate', of: int(-2_147_483_648) }), -2_147_483_648);
  assert.equal(evaluated(on(long(2n ** 63n - 1n), '+', int(1))), -(2 ** 63));
  assert.equal(evaluated(on(long(7n), '/', int(2))), 3);
  assert.throws(() => evaluated(on(int(1), '%', int(0))), { code: 'PLIM_PARAMETER' });
  assert.throws(() => evaluated(on(int(1), '/', long(0n))), { code: 'PLIM_PARAMETER' });
});

test('one double makes doubles of both', () => {
  assert.equal(evaluated(on(param, '/', int(2))), 3.5);
  assert.equal(evaluated(on(long(7n), '/', double(2))), 3.5);
  assert.equal(evaluated(on(param, '/', int(0))), Infinity);
  assert.ok(Number.isNaN(evaluated({ kind: 'param', name: 'b' })));
});

test('rounding goes up from a half, and no further than a long', () => {
  const rounded = (value: number): number => evaluated(on(call('round', double(value)), '/', int(1)));
  assert.deepEqual([2.5, -2.5, 0.49999999999999994, NaN].map(rounded), [3, -2, 0, 0]);
  assert.deepEqual([Infinity, -1e300].map(rounded), [2 ** 63, -(2 ** 63)]);
  assert.equal(evaluated(on(call('round', param), '/', int(2))), 3);
});

test('functions are of doubles', () => {
  assert.equal(evaluated(on(call('max', int(1), int(2)), '/', int(4))), 0.5);
  const values = (['abs', 'ceil', 'floor', 'log', 'log10', 'sqrt'] as const).map((name) =>
    evaluated(call(name, double(100))),
  );
  assert.deepEqual(values, [100, 100, 100, Math.log(100), 2, 10]);
  assert.equal(evaluated(call('pow', param, int(2))), 49);
  assert.equal(evaluated(call('min', param, int(2))), 2);
});

test('a choice of a type widens both sides, one without keeps them', () => {
  const test = { kind: 'compare', operator: '>', left: param, right: int(5) } as const;
  const widened: NumericScript = { kind: 'choose', type: 'double', test, yes: int(1), no: double(2.5) };
  assert.equal(evaluated(on(widened, '/', int(4))), 0.25);
  const asLong: NumericScript = { kind: 'choose', type: 'long', test, yes: int(1), no: long(2n) };
  assert.equal(evaluated(on(asLong, '/', int(4))), 0);
  const own: NumericScript = { kind: 'choose', type: undefined, test, yes: int(1), no: param };
  assert.equal(evaluated(on(own, '/', int(4))), 0);
  assert.equal(evaluated(on(own, '/', int(4)), 3), 0.75);
  assert.equal(scriptSize(own), 6);
});

test('conditions compare whole numbers with broken ones, and stop when they know', () => {
  const choice = (test: Extract<NumericScript, { kind: 'choose' }>['test']): number =>
    evaluated({ kind: 'choose', type: 'int', test, yes: int(1), no: int(0) });
  const compare = (operator: '<' | '<=' | '>' | '>=' | '==' | '!=', left: NumericScript) =>
    ({ kind: 'compare', operator, left, right: long(7n) }) as const;
  const operators = ['<', '<=', '>', '>=', '==', '!='] as const;
  assert.deepEqual(
    operators.map((operator) => choice(compare(operator, param))),
    [0, 1, 0, 1, 1, 0],
  );
  assert.equal(choice(compare('==', int(7))), 1);
  const fails = compare('<', on(int(1), '/', int(0)));
  const no = { kind: 'constant', holds: false } as const;
  assert.equal(choice({ kind: 'and', left: no, right: fails }), 0);
  assert.equal(choice({ kind: 'or', left: { kind: 'not', of: no }, right: fails }), 1);
});
