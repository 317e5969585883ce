/** Durations in `[…]` and after `offset`: literals and arithmetic over them. */
import type { DurationExpression, SpannedDuration } from '#promql/syntax/ast.ts';
import type { TokenCursor } from '#promql/syntax/cursor.ts';
import { DURATION_SECONDS_MAX, parseNumber } from '#promql/syntax/numbers.ts';

type DurationOperator = '+' | '-' | '*' | '/' | '%' | '^';
const PRECEDENCE: Readonly<Record<DurationOperator, number>> = {
  '+': 1,
  '-': 1,
  '*': 2,
  '/': 2,
  '%': 2,
  '^': 3,
};

/** A duration inside brackets. */
export function parseDuration(cursor: TokenCursor): SpannedDuration {
  const { start } = cursor.token;
  const duration = parseBinary(cursor, 1);
  return { duration, start, end: cursor.previousEnd };
}

/** After `offset` only a literal, a call or parentheses: what follows is the expression's again. */
export function parseOffset(cursor: TokenCursor): SpannedDuration {
  const { start } = cursor.token;
  const duration = parseSigned(cursor);
  return { duration, start, end: cursor.previousEnd };
}

function parseSigned(cursor: TokenCursor): DurationExpression {
  if (cursor.skip('-')) return { kind: 'negate', operand: cursor.nested(() => parseSigned(cursor)) };
  return cursor.skip('+') ? cursor.nested(() => parseSigned(cursor)) : parsePrimary(cursor);
}

function isOperator(text: string): text is DurationOperator {
  return Object.hasOwn(PRECEDENCE, text);
}

function parseBinary(cursor: TokenCursor, precedenceMin: number): DurationExpression {
  let left = parsePrimary(cursor);
  for (;;) {
    const { kind, text } = cursor.token;
    if (kind !== 'symbol' || !isOperator(text) || PRECEDENCE[text] < precedenceMin) return left;
    cursor.next();
    cursor.countOperator();
    const rightMin = text === '^' ? PRECEDENCE[text] : PRECEDENCE[text] + 1;
    left = {
      kind: 'binary',
      operator: text,
      left,
      right: cursor.nested(() => parseBinary(cursor, rightMin)),
    };
  }
}

function parsePrimary(cursor: TokenCursor): DurationExpression {
  const { token } = cursor;
  if (cursor.skip('-')) {
    const operand = cursor.nested(() => parseBinaryOfUnary(cursor));
    return { kind: 'negate', operand };
  }
  if (cursor.skip('+')) return cursor.nested(() => parseBinaryOfUnary(cursor));
  if (cursor.skip('(')) {
    const inner = cursor.nested(() => parseBinary(cursor, 1));
    cursor.expect(')', 'duration expression');
    return inner;
  }
  if (token.kind === 'number') {
    const seconds = parseNumber(token.text);
    if (seconds === undefined)
      throw cursor.fail(token.start, `bad number or duration syntax: "${token.text}"`);
    cursor.next();
    return { kind: 'literal', seconds };
  }
  if (token.kind === 'identifier' && cursor.following?.text === '(') return parseCall(cursor);
  throw cursor.unexpected('duration expression', 'number, duration, step(), or range()');
}

/** A sign binds looser than `^` only inside arithmetic; literals after it are single. */
function parseBinaryOfUnary(cursor: TokenCursor): DurationExpression {
  const operand = parsePrimary(cursor);
  if (!cursor.is('^')) return operand;
  cursor.next();
  cursor.countOperator();
  return { kind: 'binary', operator: '^', left: operand, right: parseBinary(cursor, PRECEDENCE['^']) };
}

function parseCall(cursor: TokenCursor): DurationExpression {
  const token = cursor.next();
  const name = token.text.toLowerCase();
  cursor.expect('(', 'duration expression');
  switch (name) {
    case 'step':
    case 'range':
      cursor.expect(')', 'duration expression');
      return { kind: 'query', figure: name };
    case 'min_of':
    case 'max_of': {
      const left = cursor.nested(() => parseBinary(cursor, 1));
      cursor.expect(',', 'duration expression');
      const right = cursor.nested(() => parseBinary(cursor, 1));
      cursor.expect(')', 'duration expression');
      return { kind: 'binary', operator: name, left, right };
    }
    default:
      throw cursor.fail(token.start, `unexpected identifier "${token.text}" in duration expression`);
  }
}

/** Figures of the query that a duration may refer to; an instant query has zeros. */
export interface DurationFigures {
  readonly stepMs: number;
  readonly rangeMs: number;
}

/** Milliseconds of a duration; undefined when it is NaN, infinite or out of range. */
export function evaluateDuration(
  expression: DurationExpression,
  figures: DurationFigures,
): number | undefined {
  const seconds = secondsOf(expression, figures);
  // NaN fails the comparison too.
  return Math.abs(seconds) <= DURATION_SECONDS_MAX ? Math.round(seconds * 1000) : undefined;
}

/** Whether a duration is the same in every query. */
export function isConstantDuration(expression: DurationExpression): boolean {
  switch (expression.kind) {
    case 'literal':
      return true;
    case 'query':
      return false;
    case 'negate':
      return isConstantDuration(expression.operand);
    case 'binary':
      return isConstantDuration(expression.left) && isConstantDuration(expression.right);
  }
}

function secondsOf(expression: DurationExpression, figures: DurationFigures): number {
  switch (expression.kind) {
    case 'literal':
      return expression.seconds;
    case 'query':
      return (expression.figure === 'step' ? figures.stepMs : figures.rangeMs) / 1000;
    case 'negate':
      return -secondsOf(expression.operand, figures);
    case 'binary': {
      const left = secondsOf(expression.left, figures);
      const right = secondsOf(expression.right, figures);
      return COMPUTE[expression.operator](left, right);
    }
  }
}

const COMPUTE: Readonly<
  Record<Extract<DurationExpression, { kind: 'binary' }>['operator'], (left: number, right: number) => number>
> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? NaN : left / right),
  '%': (left, right) => left % right,
  '^': (left, right) => left ** right,
  min_of: Math.min,
  max_of: Math.max,
};
