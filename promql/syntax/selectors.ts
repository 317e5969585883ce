/** Selectors, and what may stand behind them: ranges, `offset`, `@`. */
import { isCoded } from '#base/errors.ts';
import type { Matcher, MatchOperator } from '#signals/matchers.ts';
import { isPlainLabel, METRIC_NAME } from '#promql/labels.ts';
import { compileMatcher } from '#promql/matchers.ts';
import type { At, Expression, Selector, SpannedDuration, Subquery } from '#promql/syntax/ast.ts';
import type { TokenCursor } from '#promql/syntax/cursor.ts';
import {
  evaluateDuration,
  isConstantDuration,
  parseDuration,
  parseOffset,
} from '#promql/syntax/durations.ts';
import { parseNumber } from '#promql/syntax/numbers.ts';

const MATCH_OPERATORS: ReadonlySet<string> = new Set<MatchOperator>(['=', '!=', '=~', '!~']);
/** Milliseconds a double and 64-bit nanosecond clocks can both hold. */
const AT_MS_MAX = 9_007_199_254_740_991;

/** `name{…}`, `name` or `{…}`; the cursor stands on the name or the brace. */
export function parseSelector(cursor: TokenCursor): Selector {
  const { start, kind } = cursor.token;
  let name = kind === 'identifier' ? cursor.next().text : undefined;
  const matchers: Matcher[] = [];
  if (cursor.skip('{')) {
    const quotedName = parseMatchers(cursor, matchers);
    if (quotedName !== undefined) {
      if (name !== undefined) throw cursor.fail(start, setTwice(name, quotedName));
      name = quotedName;
    }
  }
  if (name !== undefined) {
    const second = matchers.find((matcher) => matcher.name === METRIC_NAME);
    if (second !== undefined) throw cursor.fail(start, setTwice(name, second.value));
    matchers.unshift({ name: METRIC_NAME, operator: '=', value: name });
  }
  if (matchers.every((matcher) => compileMatcher(matcher)(''))) {
    throw cursor.fail(start, 'vector selector must contain at least one non-empty matcher');
  }
  const end = cursor.previousEnd;
  return { kind: 'selector', name, matchers, offset: undefined, at: undefined, edges: undefined, start, end };
}

function setTwice(first: string, second: string): string {
  return `metric name must not be set twice: "${first}" or "${second}"`;
}

/** Reads up to and with the closing brace; returns a name written as a bare string. */
function parseMatchers(cursor: TokenCursor, matchers: Matcher[]): string | undefined {
  let name: string | undefined;
  while (!cursor.skip('}')) {
    const { token } = cursor;
    if (token.kind === 'end') throw cursor.fail(token.start, 'unexpected end of input inside braces');
    const label = parseLabelName(cursor);
    if (token.kind === 'string' && (cursor.is(',') || cursor.is('}'))) {
      if (name !== undefined) throw cursor.fail(token.start, setTwice(name, label));
      name = label;
    } else matchers.push(parseMatcher(cursor, label));
    if (!cursor.is('}')) cursor.expect(',', 'label matching');
  }
  return name;
}

function parseLabelName(cursor: TokenCursor): string {
  const { kind, text, start } = cursor.token;
  if (kind === 'string') return cursor.unquote(cursor.next());
  if (kind !== 'identifier') throw cursor.unexpected('label matching', 'identifier or "}"');
  if (!isPlainLabel(text)) throw cursor.fail(start, `invalid label name "${text}" in label matching`);
  return cursor.next().text;
}

function parseMatcher(cursor: TokenCursor, name: string): Matcher {
  const operator = cursor.token.text;
  if (cursor.token.kind !== 'symbol' || !MATCH_OPERATORS.has(operator)) {
    throw cursor.unexpected('label matching', 'label matching operator');
  }
  cursor.next();
  const { start } = cursor.token;
  const matcher = { name, operator: operator as MatchOperator, value: cursor.expectString('label matching') };
  try {
    compileMatcher(matcher);
  } catch (error) {
    if (isCoded(error)) throw cursor.fail(start, error.message);
    throw error;
  }
  return matcher;
}

/** Everything that may stand behind an operand. */
export function parsePostfixes(cursor: TokenCursor, operand: Expression): Expression {
  let expression = operand;
  for (;;) {
    if (cursor.is('[')) expression = parseBrackets(cursor, expression);
    else if (cursor.isWord('offset')) expression = parseOffsetModifier(cursor, expression);
    else if (cursor.is('@')) expression = parseAtModifier(cursor, expression);
    else if (cursor.isWord('anchored') || cursor.isWord('smoothed')) {
      expression = parseEdges(cursor, expression);
    } else return expression;
  }
}

function parseBrackets(cursor: TokenCursor, operand: Expression): Expression {
  const open = cursor.expect('[', '');
  const range = positive(cursor, parseDuration(cursor));
  if (cursor.skip(':')) return finishSubquery(cursor, operand, range);
  cursor.expect(']', 'subquery or range');
  if (operand.kind !== 'selector') {
    throw cursor.fail(open.start, 'ranges only allowed for vector selectors');
  }
  if (operand.offset !== undefined) {
    throw cursor.fail(open.start, 'no offset modifiers allowed before range');
  }
  if (operand.at !== undefined) throw cursor.fail(open.start, 'no @ modifiers allowed before range');
  return { kind: 'range', selector: operand, range, start: operand.start, end: cursor.previousEnd };
}

function finishSubquery(cursor: TokenCursor, expression: Expression, range: SpannedDuration): Subquery {
  const step = cursor.is(']') ? undefined : positive(cursor, parseDuration(cursor));
  cursor.expect(']', 'subquery selector');
  const { start } = expression;
  const end = cursor.previousEnd;
  return { kind: 'subquery', expression, range, step, offset: undefined, at: undefined, start, end };
}

function positive(cursor: TokenCursor, spanned: SpannedDuration): SpannedDuration {
  if (isConstantDuration(spanned.duration)) {
    const durationMs = evaluateDuration(spanned.duration, { stepMs: 0, rangeMs: 0 });
    if (durationMs === undefined) throw cursor.fail(spanned.start, 'duration out of range');
    if (durationMs <= 0) throw cursor.fail(spanned.start, 'duration must be greater than 0');
  }
  return spanned;
}

type Modified = Selector | Subquery;

/** Applies a modifier to the selector or subquery it stands behind. */
function modify(
  cursor: TokenCursor,
  operand: Expression,
  { name, change }: { readonly name: string; readonly change: (target: Modified) => Modified },
): Expression {
  const end = cursor.previousEnd;
  if (operand.kind === 'selector' || operand.kind === 'subquery') return { ...change(operand), end };
  if (operand.kind === 'range') {
    const selector = change(operand.selector);
    return { ...operand, selector: selector.kind === 'selector' ? selector : operand.selector, end };
  }
  throw cursor.fail(
    operand.start,
    `${name} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
  );
}

function parseOffsetModifier(cursor: TokenCursor, operand: Expression): Expression {
  const word = cursor.next();
  const offset = parseOffset(cursor);
  if (
    isConstantDuration(offset.duration) &&
    evaluateDuration(offset.duration, { stepMs: 0, rangeMs: 0 }) === undefined
  ) {
    throw cursor.fail(offset.start, 'duration out of range');
  }
  return modify(cursor, operand, {
    name: 'offset',
    change: (target) => {
      if (target.offset !== undefined) throw cursor.fail(word.start, 'offset may not be set multiple times');
      return { ...target, offset };
    },
  });
}

function parseAtModifier(cursor: TokenCursor, operand: Expression): Expression {
  const symbol = cursor.next();
  const at = parseAt(cursor);
  return modify(cursor, operand, {
    name: '@',
    change: (target) => {
      if (target.at !== undefined) {
        throw cursor.fail(symbol.start, '@ <timestamp> may not be set multiple times');
      }
      return { ...target, at };
    },
  });
}

function parseAt(cursor: TokenCursor): At {
  const { token } = cursor;
  for (const kind of ['start', 'end'] as const) {
    if (cursor.isWord(kind)) {
      cursor.next();
      cursor.expect('(', '@');
      cursor.expect(')', '@');
      return { kind };
    }
  }
  let sign = 1;
  while (cursor.is('-') || cursor.is('+')) if (cursor.next().text === '-') sign = -sign;
  const value = cursor.token.kind === 'symbol' ? undefined : parseNumber(cursor.token.text);
  if (value === undefined) throw cursor.unexpected('@', 'timestamp');
  cursor.next();
  const timeMs = Math.round(sign * value * 1000);
  if (!(Math.abs(timeMs) <= AT_MS_MAX)) {
    throw cursor.fail(token.start, `timestamp out of bounds for @ modifier: ${sign * value}`);
  }
  return { kind: 'time', timeMs };
}

function parseEdges(cursor: TokenCursor, operand: Expression): Expression {
  const word = cursor.next();
  const edges = word.text.toLowerCase() === 'anchored' ? 'anchored' : 'smoothed';
  return modify(cursor, operand, {
    name: edges,
    change: (target) => {
      if (target.kind === 'subquery') {
        throw cursor.fail(word.start, `${edges} modifier is not supported for subqueries`);
      }
      if (target.edges !== undefined) {
        throw cursor.fail(word.start, 'anchored and smoothed modifiers may be set only once');
      }
      return { ...target, edges };
    },
  });
}
