/** Scripts of buckets, evaluated by the rules of Java's numbers. */
import { CodedError } from '#base/errors.ts';
import type { ConditionScript, MathFunction, NumberType, NumericScript } from '#storage/document-scripts.ts';

/** By name; every name the script holds. */
export type Params = ReadonlyMap<string, number>;

/** @throws CodedError `PLIM_PARAMETER` for a division of whole numbers by zero */
export function evaluateScript(script: NumericScript, params: Params): number {
  return Number(evaluate(script, params).value);
}

/** Parts of a script, each of which is a step. */
export function scriptSize(script: NumericScript | ConditionScript): number {
  switch (script.kind) {
    case 'number':
    case 'param':
    case 'constant':
      return 1;
    case 'negate':
    case 'not':
      return 1 + scriptSize(script.of);
    case 'arithmetic':
    case 'compare':
    case 'and':
    case 'or':
      return 1 + scriptSize(script.left) + scriptSize(script.right);
    case 'choose':
      return 1 + scriptSize(script.test) + scriptSize(script.yes) + scriptSize(script.no);
    case 'call':
      return script.values.reduce((size, value) => size + scriptSize(value), 1);
    default:
      return script satisfies never;
  }
}

/** A number with its type, which is not always known before: a choice may be of any. */
type Typed =
  | { readonly type: 'int' | 'double'; readonly value: number }
  | { readonly type: 'long'; readonly value: bigint };

function evaluate(script: NumericScript, params: Params): Typed {
  switch (script.kind) {
    case 'number':
      return script;
    case 'param':
      return { type: 'double', value: params.get(script.name) ?? NaN };
    case 'negate':
      return negated(evaluate(script.of, params));
    case 'arithmetic':
      return arithmetic(script.operator, evaluate(script.left, params), evaluate(script.right, params));
    case 'choose':
      return choose(script, params);
    case 'call':
      return call(
        script.name,
        script.values.map((value) => evaluateScript(value, params)),
      );
    default:
      return script satisfies never;
  }
}

function choose(script: Extract<NumericScript, { readonly kind: 'choose' }>, params: Params): Typed {
  const chosen = evaluate(holds(script.test, params) ? script.yes : script.no, params);
  return script.type === undefined ? chosen : widened(chosen, script.type);
}

/** @param type no narrower than that of the number */
function widened({ type: own, value }: Typed, type: NumberType): Typed {
  if (type === 'long') return { type, value: BigInt(value) };
  return { type: type === 'int' && own === 'int' ? 'int' : 'double', value: Number(value) };
}

function holds(script: ConditionScript, params: Params): boolean {
  switch (script.kind) {
    case 'constant':
      return script.holds;
    case 'compare':
      return compare(script.operator, evaluate(script.left, params), evaluate(script.right, params));
    case 'not':
      return !holds(script.of, params);
    case 'and':
      return holds(script.left, params) && holds(script.right, params);
    case 'or':
      return holds(script.left, params) || holds(script.right, params);
    default:
      return script satisfies never;
  }
}

type Comparison = Extract<ConditionScript, { readonly kind: 'compare' }>['operator'];

function compare(operator: Comparison, a: Typed, b: Typed): boolean {
  const isDouble = a.type === 'double' || b.type === 'double';
  const [left, right] = isDouble ? [Number(a.value), Number(b.value)] : [BigInt(a.value), BigInt(b.value)];
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    default:
      return operator satisfies never;
  }
}

function negated({ type, value }: Typed): Typed {
  if (type === 'long') return { type, value: wrapped(-BigInt(value)) };
  return { type, value: type === 'int' ? -Number(value) | 0 : -Number(value) };
}

type Operator = Extract<NumericScript, { readonly kind: 'arithmetic' }>['operator'];

function arithmetic(operator: Operator, left: Typed, right: Typed): Typed {
  if (left.type === 'double' || right.type === 'double')
    return { type: 'double', value: ofDoubles(operator, Number(left.value), Number(right.value)) };
  const isDivision = operator === '/' || operator === '%';
  if (isDivision && Number(right.value) === 0)
    throw new CodedError('PLIM_PARAMETER', 'the script divides a whole number by zero');
  if (left.type === 'long' || right.type === 'long')
    return { type: 'long', value: wrapped(ofLongs(operator, BigInt(left.value), BigInt(right.value))) };
  return { type: 'int', value: ofInts(operator, left.value, right.value) };
}

/** The product of two ints is beyond what a double tells exactly. */
function ofInts(operator: Operator, left: number, right: number): number {
  return operator === '*' ? Math.imul(left, right) : ofDoubles(operator, left, right) | 0;
}

function ofDoubles(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    default:
      return operator satisfies never;
  }
}

function ofLongs(operator: Operator, left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    default:
      return operator satisfies never;
  }
}

function wrapped(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** Halves go up; what is no number is 0, what is too large the largest there is. */
function rounded(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= Number(LONG_MAX)) return LONG_MAX;
  return value <= Number(LONG_MIN) ? LONG_MIN : BigInt(Math.round(value));
}

const FUNCTIONS: Readonly<Record<Exclude<MathFunction, 'round'>, (a: number, b: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  log: Math.log,
  log10: Math.log10,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  pow: (a, b) => a ** b,
  sqrt: Math.sqrt,
};

function call(name: MathFunction, [a = NaN, b = NaN]: readonly number[]): Typed {
  if (name === 'round') return { type: 'long', value: rounded(a) };
  return { type: 'double', value: FUNCTIONS[name](a, b) };
}
