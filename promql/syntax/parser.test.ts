import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { NESTING_MAX, OPERATORS_MAX } from '#promql/syntax/cursor.ts';
import { parseQuery, parseSeriesSelector, QUERY_LENGTH_MAX } from '#promql/syntax/parser.ts';
import type { Expression } from '#promql/syntax/ast.ts';

/** The tree in brackets, as the parser understood it. */
function shape(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'string':
      return JSON.stringify(expression.value);
    case 'selector':
      return expression.name ?? '{…}';
    case 'range':
      return `${shape(expression.selector)}[]`;
    case 'subquery':
      return `${shape(expression.expression)}[:]`;
    case 'parentheses':
      return shape(expression.expression);
    case 'unary':
      return `(${expression.operator}${shape(expression.operand)})`;
    case 'binary':
      return `(${shape(expression.left)} ${expression.operator} ${shape(expression.right)})`;
    case 'aggregation':
      return `${expression.operator}(${shape(expression.operand)})`;
    case 'call':
      return `${expression.name}(${expression.args.map(shape).join(', ')})`;
  }
}

const SHAPES: readonly (readonly [string, string])[] = [
  ['a + b * c ^ d ^ e', '(a + (b * (c ^ (d ^ e))))'],
  ['-a ^ b', '(-(a ^ b))'],
  ['-a * b', '((-a) * b)'],
  ['2 ^ -1 * 3', '((2 ^ -1) * 3)'],
  ['a - b - c', '((a - b) - c)'],
  ['a or b and c unless d', '(a or ((b and c) unless d))'],
  ['a == b + c', '(a == (b + c))'],
  ['a AND on (x) b', '(a and b)'],
  ['a > bool 1 == bool 0', '((a > 1) == 0)'],
  ['a atan2 b', '(a atan2 b)'],
  ['a </ 5 or b >/ 5', '((a </ 5) or (b >/ 5))'],
  ['sum by (x) (a)', 'sum(a)'],
  ['Sum(a) WITHOUT (x, "y.z",)', 'sum(a)'],
  ['sum', 'sum'],
  ['sum + offset', '(sum + offset)'],
  ['topk(3, a)', 'topk(a)'],
  ['rate(a[5m] offset 1m)', 'rate(a[])'],
  ['max_over_time(rate(a[5m])[1h:1m] @ end())', 'max_over_time(rate(a[])[:])'],
  ['(a)[5m:]', 'a[:]'],
  ['a[5m:1m]', 'a[:]'],
  [':a:b', ':a:b'],
  ['a[step() * 2 + min_of(1m, range())]', 'a[]'],
  ['rate(a[5m] smoothed)', 'rate(a[])'],
  ['a + fill(0) b', '(a + b)'],
  ['a # a comment\n + b', '(a + b)'],
  ['Inf + NAN', '(Infinity + NaN)'],
  ['0x1F + 017 + 1_000 + 2. + .5e1 + 1h30m', '(((((31 + 15) + 1000) + 2) + 5) + 5400)'],
  ['"a\\tb\\x41\\u00e9\\101"', '"a\\tbAéA"'],
  ["'it\\'s'", '"it\'s"'],
  ['`raw\\n`', '"raw\\\\n"'],
  ['{"x.y"}', 'x.y'],
  ['a offset -5m ^ 2', '(a ^ 2)'],
  ['a offset +1m * b offset (1m * 2)', '(a * b)'],
  ['info(a, {b="c"})', 'info(a, {…})'],
];

test('precedence, modifiers and literals', () => {
  for (const [text, expected] of SHAPES) assert.equal(shape(parseQuery(text).expression), expected, text);
});

const ERRORS: readonly (readonly [string, string])[] = [
  ['', '1:1: parse error: no expression found in input'],
  ['# only a comment', '1:1: parse error: no expression found in input'],
  ['1 +', '1:4: parse error: unexpected end of input'],
  ['a\n  + )', '2:5: parse error: unexpected ")"'],
  ['(a', '1:1: parse error: unclosed left parenthesis'],
  ['a)', "1:2: parse error: unexpected right parenthesis ')'"],
  ['a b', '1:3: parse error: unexpected identifier "b"'],
  ['a{', '1:3: parse error: unexpected end of input inside braces'],
  ['a{b}', '1:4: parse error: unexpected "}" in label matching, expected label matching operator'],
  ['a{b=1}', '1:5: parse error: unexpected number "1" in label matching, expected string'],
  ['a{b=~"("}', '1:6: parse error: error parsing regexp: missing closing ): `(`'],
  ['a{__name__="b"}', '1:1: parse error: metric name must not be set twice: "a" or "b"'],
  ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['{a=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['on', '1:1: parse error: unexpected <on>'],
  ['nope(1)', '1:1: parse error: unknown function with name "nope"'],
  ['rate(a)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
  ['sum(1)', '1:5: parse error: expected type instant vector in aggregation expression, got scalar'],
  ['topk("x", a)', '1:6: parse error: expected type scalar in aggregation parameter, got string'],
  [
    'topk(a)',
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
  ],
  ['abs(a,)', '1:7: parse error: trailing commas not allowed in function call args'],
  ['abs()', '1:1: parse error: expected 1 argument(s) in call to "abs", got 0'],
  ['round(a, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
  ['label_join(a)', '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 1'],
  ['1 > 2', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
  ['a + bool b', '1:5: parse error: bool modifier can only be used on comparison operators'],
  ['a and 1', '1:3: parse error: set operator "and" not allowed in binary scalar expression'],
  ['a + on (x) 1', '1:3: parse error: vector matching only allowed between instant vectors'],
  ['a or on (x) group_left b', '1:13: parse error: no grouping allowed for "or" operation'],
  [
    'a + on (x) group_left (x) b',
    '1:12: parse error: label "x" must not occur in ON and GROUP clause at once',
  ],
  ['a + group_left b', '1:5: parse error: unexpected <group_left>'],
  ['a[5m] + 1', '1:1: parse error: binary expression must contain only scalar and instant vector types'],
  [
    '-"x"',
    '1:2: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
  ],
  ['(a)[5m]', '1:4: parse error: ranges only allowed for vector selectors'],
  ['a offset 1m[5m]', '1:12: parse error: no offset modifiers allowed before range'],
  ['a offset 1m offset 1m', '1:13: parse error: offset may not be set multiple times'],
  ['a @ 1 @ 2', '1:7: parse error: @ <timestamp> may not be set multiple times'],
  ['a @ Inf', '1:5: parse error: timestamp out of bounds for @ modifier: Infinity'],
  ['1[5m:]', '1:1: parse error: subquery is only allowed on instant vector, got scalar instead'],
  ['a[0s]', '1:3: parse error: duration must be greater than 0'],
  ['a[1/0]', '1:3: parse error: duration out of range'],
  ['5mm', '1:1: parse error: bad number or duration syntax: "5mm"'],
  ['"a', '1:1: parse error: unterminated quoted string'],
  ['"\\q"', '1:1: parse error: invalid escape in string "\\q"'],
  ['a ! b', "1:3: parse error: unexpected character after '!'"],
  ['a ; b', "1:3: parse error: unexpected character: ';'"],
  ['sum(a) by (x) (b)', '1:15: parse error: unexpected "("'],
];

test('what is wrong is said with its place', () => {
  for (const [text, message] of ERRORS) {
    assert.throws(
      () => parseQuery(text),
      (error) => {
        assert.ok(isCoded(error, 'PLIM_PROMQL'), text);
        assert.equal(error.message, message, text);
        return true;
      },
    );
  }
});

test('nodes know where they stand', () => {
  const { expression } = parseQuery('  sum(rate(a{b="c"}[5m])) > 1');
  assert.equal(expression.kind, 'binary');
  if (expression.kind !== 'binary') return;
  assert.deepEqual([expression.start, expression.end], [2, 29]);
  assert.deepEqual([expression.left.start, expression.left.end], [2, 25]);
  assert.deepEqual(expression.operatorSpan, { start: 26, end: 27 });
});

test('limits: nesting, operators, length', () => {
  const nested = (levels: number): string => '('.repeat(levels) + 'a' + ')'.repeat(levels);
  assert.equal(shape(parseQuery(nested(NESTING_MAX)).expression), 'a');
  assert.throws(() => parseQuery(nested(NESTING_MAX + 1)), /nested deeper than 64 levels/);
  assert.throws(() => parseQuery('-'.repeat(10_000) + '1'), /nested deeper/);
  const chain = (operators: number): string => Array.from({ length: operators + 1 }, () => 'a').join('+');
  parseQuery(chain(OPERATORS_MAX));
  assert.throws(() => parseQuery(chain(OPERATORS_MAX + 1)), /more than 1000 binary operators/);
  assert.throws(() => parseQuery(' '.repeat(QUERY_LENGTH_MAX + 1)), /more than the limit/);
});

test('random text ends in a tree or an error with a code', () => {
  const parts = [
    'a',
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    '5m',
    '"x"',
    '=',
    '=~',
    '+',
    '-',
    '^',
    'by',
    'sum',
    ',',
    'offset',
    '@',
    'on',
    ':',
    '1',
    'rate',
    'and',
    'bool',
  ];
  for (let seed = 0; seed < 3000; seed += 1) {
    let state = seed * 2_654_435_761;
    const text = Array.from({ length: 1 + (seed % 12) }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return parts[(state >>> 8) % parts.length];
    }).join(' ');
    try {
      parseQuery(text);
    } catch (error) {
      assert.ok(isCoded(error, 'PLIM_PROMQL'), `seed ${seed}: ${text}: ${String(error)}`);
    }
  }
});

test('selectors of match[]', () => {
  assert.deepEqual(parseSeriesSelector('up{a!="b"}').matchers, [
    { name: '__name__', operator: '=', value: 'up' },
    { name: 'a', operator: '!=', value: 'b' },
  ]);
  for (const text of ['1', 'up offset 5m', 'up @ 1', 'sum(up)', 'up[5m]']) {
    assert.throws(
      () => parseSeriesSelector(text),
      (error) => isCoded(error, 'PLIM_PROMQL'),
    );
  }
});
