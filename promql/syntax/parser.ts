/**
 * PromQL's grammar: a Pratt parser over the tokens. It accepts all of the
 * language; what the evaluator cannot do yet is for the evaluator to say.
 */
import { CodedError } from '#base/errors.ts';
import {
  AGGREGATORS,
  COMPARISONS,
  SET_OPERATORS,
  type Aggregation,
  type Aggregator,
  type Binary,
  type BinaryOperator,
  type Call,
  type Expression,
  type Span,
  type VectorMatching,
} from '#promql/syntax/ast.ts';
import { checkTypes } from '#promql/syntax/check.ts';
import { TokenCursor } from '#promql/syntax/cursor.ts';
import { isPlainLabel } from '#promql/labels.ts';
import { parseNumber } from '#promql/syntax/numbers.ts';
import { parsePostfixes, parseSelector } from '#promql/syntax/selectors.ts';
import { SIGNATURES } from '#promql/syntax/signatures.ts';

/** Characters of a query: the longest hand-made dashboards stay far below. */
export const QUERY_LENGTH_MAX = 131_072;

const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<=': 3,
  '<': 3,
  '>=': 3,
  '>': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
const UNARY_OPERAND = PRECEDENCE['^'];
/** These words cannot name a metric outside of braces. */
const RESERVED: ReadonlySet<string> = new Set(['on', 'ignoring', 'bool', 'group_left', 'group_right']);

export interface Query {
  readonly text: string;
  readonly expression: Expression;
}

/**
 * Parses and type-checks an expression.
 *
 * @throws CodedError `PLIM_PROMQL` with `line:column: parse error: …`
 */
export function parseQuery(text: string): Query {
  if (text.length > QUERY_LENGTH_MAX) {
    throw new CodedError(
      'PLIM_PROMQL',
      `the query has ${text.length} characters, more than the limit of ${QUERY_LENGTH_MAX}`,
    );
  }
  const cursor = new TokenCursor(text, parseExpression);
  if (cursor.atEnd) throw cursor.fail(0, 'no expression found in input');
  const expression = parseExpression(cursor, 1);
  if (cursor.is(')')) throw cursor.fail(cursor.token.start, "unexpected right parenthesis ')'");
  if (!cursor.atEnd) throw cursor.unexpected('', '');
  checkTypes(text, expression);
  return { text, expression };
}

/**
 * Parses one selector, as in `match[]`.
 *
 * @throws CodedError `PLIM_PROMQL`
 */
export function parseSeriesSelector(text: string): Extract<Expression, { kind: 'selector' }> {
  const { expression } = parseQuery(text);
  const bare =
    expression.kind === 'selector' && expression.offset === undefined && expression.at === undefined;
  if (!bare)
    throw new CodedError('PLIM_PROMQL', `"${text}" is no series selector: write name{label="value"}`);
  return expression;
}

function parseExpression(cursor: TokenCursor, precedenceMin: number): Expression {
  let left = parseUnary(cursor);
  for (;;) {
    const operator = binaryOperator(cursor);
    if (operator === undefined || PRECEDENCE[operator] < precedenceMin) return left;
    left = parseBinary(cursor, left, operator);
  }
}

function binaryOperator(cursor: TokenCursor): BinaryOperator | undefined {
  const { kind, text } = cursor.token;
  if (kind !== 'symbol' && kind !== 'identifier') return undefined;
  const word = text.toLowerCase();
  return Object.hasOwn(PRECEDENCE, word) ? (word as BinaryOperator) : undefined;
}

function parseBinary(cursor: TokenCursor, left: Expression, operator: BinaryOperator): Binary {
  const operatorSpan = spanOf(cursor.next());
  cursor.countOperator();
  const bool = cursor.isWord('bool');
  if (bool) {
    const word = cursor.next();
    if (!COMPARISONS.has(operator)) {
      throw cursor.fail(word.start, 'bool modifier can only be used on comparison operators');
    }
  }
  const matching = parseMatching(cursor, operator);
  const right =
    operator === '^'
      ? cursor.nested(() => parseExpression(cursor, PRECEDENCE['^']))
      : parseExpression(cursor, PRECEDENCE[operator] + 1);
  const { start } = left;
  return { kind: 'binary', operator, operatorSpan, left, right, bool, matching, start, end: right.end };
}

function spanOf({ start, end }: Span): Span {
  return { start, end };
}

function parseMatching(cursor: TokenCursor, operator: BinaryOperator): VectorMatching {
  const explicit = cursor.isWord('on') || cursor.isWord('ignoring');
  const on = explicit && cursor.next().text.toLowerCase() === 'on';
  const labels = explicit ? parseLabelList(cursor) : [];
  const { start } = cursor.token;
  const group = explicit ? parseGroupModifier(cursor) : undefined;
  const fill = parseFill(cursor);
  if (SET_OPERATORS.has(operator)) {
    if (group !== undefined) throw cursor.fail(start, `no grouping allowed for "${operator}" operation`);
    if (fill !== undefined)
      throw cursor.fail(start, 'filling in missing series not allowed for set operators');
    return { cardinality: 'many-to-many', on, labels, include: [], explicit, fill };
  }
  const { cardinality, include } = group ?? { cardinality: 'one-to-one' as const, include: [] };
  const twice = include.find((label) => on && labels.includes(label));
  if (twice !== undefined) {
    throw cursor.fail(start, `label "${twice}" must not occur in ON and GROUP clause at once`);
  }
  return { cardinality, on, labels, include, explicit, fill };
}

function parseGroupModifier(
  cursor: TokenCursor,
): Pick<VectorMatching, 'cardinality' | 'include'> | undefined {
  const left = cursor.isWord('group_left');
  if (!left && !cursor.isWord('group_right')) return undefined;
  cursor.next();
  const include = cursor.is('(') ? parseLabelList(cursor) : [];
  return { cardinality: left ? 'many-to-one' : 'one-to-many', include };
}

function parseFill(cursor: TokenCursor): Span | undefined {
  const { start } = cursor.token;
  let found = false;
  while (
    cursor.following?.text === '(' &&
    (cursor.isWord('fill') || cursor.isWord('fill_left') || cursor.isWord('fill_right'))
  ) {
    found = true;
    cursor.next();
    cursor.expect('(', 'fill');
    if (!cursor.skip('-')) cursor.skip('+');
    if (parseNumber(cursor.token.text) === undefined) throw cursor.unexpected('fill', 'number');
    cursor.next();
    cursor.expect(')', 'fill');
  }
  return found ? { start, end: cursor.previousEnd } : undefined;
}

/** `(a, b, "c.d")`, a trailing comma allowed. */
function parseLabelList(cursor: TokenCursor): readonly string[] {
  const context = 'grouping opts';
  cursor.expect('(', context);
  const labels: string[] = [];
  while (!cursor.skip(')')) {
    const { token } = cursor;
    if (token.kind !== 'identifier' && token.kind !== 'string') throw cursor.unexpected(context, 'label');
    if (token.kind === 'identifier' && !isPlainLabel(token.text)) {
      throw cursor.unexpected(context, 'label');
    }
    cursor.next();
    labels.push(token.kind === 'string' ? cursor.unquote(token) : token.text);
    if (!cursor.is(')')) cursor.expect(',', context);
  }
  return labels;
}

function parseUnary(cursor: TokenCursor): Expression {
  if (!cursor.is('-') && !cursor.is('+')) return parsePostfixes(cursor, parseOperand(cursor));
  const sign = cursor.next();
  const operator = sign.text === '-' ? '-' : '+';
  const operand = cursor.nested(() => parseExpression(cursor, UNARY_OPERAND));
  const span = { start: sign.start, end: operand.end };
  if (operand.kind === 'number') {
    return { kind: 'number', value: operator === '-' ? -operand.value : operand.value, ...span };
  }
  return { kind: 'unary', operator, operand, ...span };
}

function parseOperand(cursor: TokenCursor): Expression {
  const { token } = cursor;
  const { start, end } = token;
  switch (token.kind) {
    case 'number':
      return parseNumberLiteral(cursor);
    case 'string':
      cursor.next();
      return { kind: 'string', value: cursor.unquote(token), start, end };
    case 'identifier':
      return parseWord(cursor);
    case 'symbol':
      if (token.text === '(') return parseParentheses(cursor);
      if (token.text === '{') return parseSelector(cursor);
      throw cursor.unexpected('', '');
    case 'end':
      throw cursor.unexpected('', '');
  }
}

function parseNumberLiteral(cursor: TokenCursor): Expression {
  const { text, start, end } = cursor.next();
  const value = parseNumber(text);
  if (value === undefined) throw cursor.fail(start, `bad number or duration syntax: "${text}"`);
  return { kind: 'number', value, start, end };
}

function parseParentheses(cursor: TokenCursor): Expression {
  const { start } = cursor.expect('(', '');
  const expression = cursor.nested(() => parseExpression(cursor, 1));
  if (cursor.atEnd) throw cursor.fail(start, 'unclosed left parenthesis');
  cursor.expect(')', 'parenthesized expression');
  return { kind: 'parentheses', expression, start, end: cursor.previousEnd };
}

function parseWord(cursor: TokenCursor): Expression {
  const word = cursor.token.text.toLowerCase();
  if (word === 'inf' || word === 'nan') return parseNumberLiteral(cursor);
  if (RESERVED.has(word)) throw cursor.unexpected('', '');
  const following = followingWord(cursor);
  const aggregator = AGGREGATORS.find((name) => name === word);
  if (aggregator !== undefined && ['(', 'by', 'without'].includes(following)) {
    return parseAggregation(cursor, aggregator);
  }
  return following === '(' ? parseCall(cursor) : parseSelector(cursor);
}

function followingWord({ following }: TokenCursor): string {
  return following === undefined || following.kind === 'string' ? '' : following.text.toLowerCase();
}

interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

function parseGrouping(cursor: TokenCursor): Grouping | undefined {
  if (!cursor.isWord('by') && !cursor.isWord('without')) return undefined;
  const without = cursor.next().text.toLowerCase() === 'without';
  return { without, labels: parseLabelList(cursor) };
}

function parseAggregation(cursor: TokenCursor, operator: Aggregator): Aggregation {
  const { start } = cursor.next();
  const before = parseGrouping(cursor);
  const args = parseArguments(cursor, 'aggregation');
  const { without, labels } = before ?? parseGrouping(cursor) ?? { without: false, labels: [] };
  if (args.length === 0) {
    throw cursor.fail(start, 'no arguments for aggregate expression provided');
  }
  const wanted = PARAMETRIC.has(operator) ? 2 : 1;
  const operand = args[wanted - 1];
  if (args.length !== wanted || operand === undefined) {
    throw cursor.fail(
      start,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
  }
  const parameter = wanted === 2 ? args[0] : undefined;
  return {
    kind: 'aggregation',
    operator,
    operand,
    parameter,
    without,
    labels,
    start,
    end: cursor.previousEnd,
  };
}

const PARAMETRIC: ReadonlySet<Aggregator> = new Set<Aggregator>([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);

function parseCall(cursor: TokenCursor): Call {
  const { text: name, start } = cursor.next();
  if (!Object.hasOwn(SIGNATURES, name)) throw cursor.fail(start, `unknown function with name "${name}"`);
  const args = parseArguments(cursor, 'function call');
  return { kind: 'call', name, args, start, end: cursor.previousEnd };
}

function parseArguments(cursor: TokenCursor, context: string): readonly Expression[] {
  const open = cursor.expect('(', context);
  const args: Expression[] = [];
  if (cursor.skip(')')) return args;
  for (;;) {
    args.push(cursor.nested(() => parseExpression(cursor, 1)));
    if (cursor.skip(')')) return args;
    if (cursor.atEnd) throw cursor.fail(open.start, 'unclosed left parenthesis');
    cursor.expect(',', context);
    if (cursor.is(')')) {
      throw cursor.fail(cursor.token.start, 'trailing commas not allowed in function call args');
    }
  }
}
