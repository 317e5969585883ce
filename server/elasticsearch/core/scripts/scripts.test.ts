/** Scripts as trees, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MovingFunction, NumericScript } from '#storage/document-scripts.ts';
import { ElasticError } from '#server/elasticsearch/core/errors.ts';
import { NESTING_MAX, parseBucketScript } from '#server/elasticsearch/core/scripts/bucket-script.ts';
import { parseMovingScript } from '#server/elasticsearch/core/scripts/moving-script.ts';
import { SCRIPT_CHARACTERS_MAX, scriptSource } from '#server/elasticsearch/core/scripts/tokens.ts';

const parse = (source: string): NumericScript => parseBucketScript(source, new Set(['a', 'b']));

/** As fully bracketed text. */
function shown(script: NumericScript): string {
  switch (script.kind) {
    case 'number':
      return `${script.value}${{ int: '', long: 'L', double: 'd' }[script.type]}`;
    case 'param':
      return script.name;
    case 'negate':
      return `-${shown(script.of)}`;
    case 'arithmetic':
      return `(${shown(script.left)} ${script.operator} ${shown(script.right)})`;
    case 'choose':
      return `(${script.type ?? 'any'}: ${shown(script.yes)} or ${shown(script.no)})`;
    case 'call':
      return `${script.name}(${script.values.map(shown).join(', ')})`;
    default:
      return script satisfies never;
  }
}

const EXPRESSIONS: readonly (readonly [source: string, expected: string])[] = [
  ['params.a', 'a'],
  ['return params.a;', 'a'],
  ['1 + 2 * 3 - 4', '((1 + (2 * 3)) - 4)'],
  ['1 - 2 - 3', '((1 - 2) - 3)'],
  ['8 / 4 % 3', '((8 / 4) % 3)'],
  ['(1 + 2) * params.b', '((1 + 2) * b)'],
  ['- -params.a', '--a'],
  ['+params.a', 'a'],
  ['-5 / 2', '(-5 / 2)'],
  ['-2147483648', '-2147483648'],
  ['7L + 1.5 - 2d + 1e3', '(((7L + 1.5d) - 2d) + 1000d)'],
  ['params.a-1', '(a - 1)'],
  ['Math.max(params.a, Math.round(2.5))', 'max(a, round(2.5d))'],
  ['1 < 2 ? 1 : 2', '(int: 1 or 2)'],
  ['1 < 2 ? 1 : 2L', '(long: 1 or 2L)'],
  ['1 < 2 ? 1 : Math.abs(1)', '(double: 1 or abs(1))'],
  ['1 < 2 ? 1 : -params.a', '(any: 1 or -a)'],
  ['1 < 2 ? 1 : params.a > 1 ? 2 : 3', '(int: 1 or (int: 2 or 3))'],
  ['!(1 < 2 && true || false) ? 1 : 2', '(int: 1 or 2)'],
];

test('an expression binds as it does in Java', () => {
  for (const [source, expected] of EXPRESSIONS) assert.equal(shown(parse(source)), expected, source);
});

const REFUSED: readonly (readonly [source: string, reason: RegExp])[] = [
  ['', /found its end where a value/],
  ['params.a +', /found its end/],
  ['a', /\[a\] is not supported: values are named params\.NAME/],
  ['params.c', /buckets_path has no \[c\]/],
  ['params["a"]', /\["\] is not supported|\[\[\] is not supported/],
  ['params.a > 1', /a condition stands where a number/],
  ['params.a ? 1 : 2', /a number stands where a condition/],
  ['1 + (1 < 2)', /a condition/],
  ['1 < 2 < 3 ? 1 : 2', /found \[<\] at character 7/],
  ['1--1', /found \[--\]/],
  ['--1', /found \[--\]/],
  ['3;;', /found \[;\] at character 3/],
  ['1 2', /found \[2\]/],
  ['010', /found \[10\]/],
  ['.5', /found \[\.\]/],
  ['2147483648', /beyond an int: write \[2147483648L\]/],
  ['9223372036854775808L', /beyond a long/],
  ['1.5L', /no whole number/],
  ['1f', /a float/],
  ['1/0', /by zero/],
  ['5 % 0L', /by zero/],
  ['Math.sin(1)', /\[Math\.sin\] is not supported/],
  ['Math.constructor(1)', /is not supported/],
  ['Math.pow(2)', /takes 2 values, not 1/],
  ['def x = 1; x', /\[def\] is not supported/],
  ['params.a.b', /found \[\.\]/],
  ['`1`', /\[`\] is not supported/],
];

test('what is no such expression is refused, and the reason tells where', () => {
  for (const [source, reason] of REFUSED)
    assert.throws(
      () => parse(source),
      (error) =>
        error instanceof ElasticError && error.type === 'script_exception' && reason.test(error.message),
      source,
    );
});

test('scripts are so long and so deep at most', () => {
  const deep = (levels: number): string => `${'('.repeat(levels)}1${')'.repeat(levels)}`;
  assert.equal(shown(parse(deep(NESTING_MAX - 1))), '1');
  assert.throws(() => parse(deep(NESTING_MAX)), /more than 50 levels/);
  assert.throws(() => parse(`${'- '.repeat(NESTING_MAX)}1`), /more than 50 levels/);
  const long = `1${'+1'.repeat((SCRIPT_CHARACTERS_MAX - 1) / 2)}`;
  assert.ok(parse(scriptSource(long, 'x')));
  assert.throws(() => scriptSource(`${long}+1+1`, 'x'), /more than 1000 characters/);
});

test('a script may stand in an object', () => {
  assert.equal(scriptSource({ source: '1', lang: 'painless' }, 'x'), '1');
  assert.equal(scriptSource({ inline: '2' }, 'x'), '2');
  assert.throws(() => scriptSource({ source: '1', lang: 'expression' }, 'x'), /\[expression\]/);
  assert.throws(() => scriptSource({ source: '1', params: { a: 1 } }, 'x'), /\[params\]/);
  assert.throws(() => scriptSource({ id: 'stored' }, 'x'), /\[id\]/);
});

const decays = { alpha: 0.3, beta: 0.1 };
const winters = { kind: 'holt-winters', ...decays, gamma: 0.2, period: 7, multiplicative: false } as const;
const WINTERS = 'MovingFunctions.holtWinters(values, 0.3, 0.1, 0.2, 7, false)';
const MOVING: readonly (readonly [source: string, expected: MovingFunction])[] = [
  ['MovingFunctions.max(values)', { kind: 'max' }],
  ['MovingFunctions.min( values )', { kind: 'min' }],
  ['return MovingFunctions.sum(values);', { kind: 'sum' }],
  ['MovingFunctions.unweightedAvg(values)', { kind: 'unweighted' }],
  ['MovingFunctions.linearWeightedAvg(values)', { kind: 'linear' }],
  [
    'MovingFunctions.stdDev(values, MovingFunctions.unweightedAvg(values))',
    { kind: 'deviation', average: { kind: 'unweighted' } },
  ],
  ['MovingFunctions.ewma(values, -0.5)', { kind: 'ewma', alpha: -0.5 }],
  ['MovingFunctions.holt(values,0.3,0.1)', { kind: 'holt', ...decays }],
  [WINTERS, winters],
  [`if (values.length > 7*2) {${WINTERS}}`, { kind: 'beyond', values: 14, of: winters }],
  [`if (values.length >= 14) { return ${WINTERS}; }`, { kind: 'beyond', values: 13, of: winters }],
];

test('moving functions are those that are built in', () => {
  for (const [source, expected] of MOVING) assert.deepEqual(parseMovingScript(source), expected, source);
});

const MOVING_REFUSED: readonly (readonly [source: string, reason: RegExp])[] = [
  ['', /\[MovingFunctions\] is expected/],
  ['MovingFunctions.median(values)', /\[MovingFunctions\.median\] is not supported/],
  ['MovingFunctions.toString(values)', /is not supported/],
  ['MovingFunctions.max(values) + 1', /found \[\+\]/],
  ['MovingFunctions.max()', /\[values\] is expected/],
  ['MovingFunctions.ewma(values)', /\[,\] is expected/],
  ['MovingFunctions.ewma(values, params.a)', /a number is expected/],
  ['MovingFunctions.stdDev(values, MovingFunctions.stdDev(values, 1))', /as an argument/],
  ['MovingFunctions.holtWinters(values, 1, 1, 1, 0, true)', /a period of 0/],
  ['MovingFunctions.holtWinters(values, 1, 1, 1, 2.5, true)', /\[2\.5\] is no whole number/],
  ['MovingFunctions.holtWinters(values, 1, 1, 1, 2, 1)', /\[true\] or \[false\]/],
  ['if (values.length < 2) {MovingFunctions.max(values)}', /\[>\] or \[>=\]/],
  ['if (values.length > 2) MovingFunctions.max(values)', /\[\{\] is expected/],
  ['values[0]', /is not supported/],
];

test('other scripts over windows are refused', () => {
  for (const [source, reason] of MOVING_REFUSED)
    assert.throws(() => parseMovingScript(source), reason, source);
});
