/**
 * Scripts of `moving_fn`. Of Painless there is what panels write:
 *
 *     script  = statement | 'if (values.length' ('>' | '>=') int [ '*' int ] ') {' statement '}'
 *     statement = [ 'return' ] call [ ';' ]
 *     call    = 'MovingFunctions.' name '(values' { ',' argument } ')'
 */
import type { MovingFunction } from '#storage/document-scripts.ts';
import { TokenReader } from '#server/elasticsearch/core/scripts/tokens.ts';

/** A period longer than any window is of no use. */
const PERIOD_MAX = 10_000;

/** @throws ElasticError `script_exception` */
export function parseMovingScript(source: string): MovingFunction {
  const reader = new TokenReader(source);
  const script = reader.take('if') === undefined ? statement(reader) : guarded(reader);
  reader.expectEnd();
  return script;
}

function guarded(reader: TokenReader): MovingFunction {
  reader.expect('(', 'values', '.', 'length');
  const operator = reader.take('>', '>=');
  if (operator === undefined) throw reader.unexpected('[>] or [>=]');
  const first = whole(reader);
  const values = reader.take('*') === undefined ? first : first * whole(reader);
  reader.expect(')', '{');
  const of = statement(reader);
  reader.take(';');
  reader.expect('}');
  return { kind: 'beyond', values: operator === '>' ? values : values - 1, of };
}

function statement(reader: TokenReader): MovingFunction {
  reader.take('return');
  return call(reader);
}

/** @param inner a function that is an argument, which `stdDev` cannot be */
function call(reader: TokenReader, inner = false): MovingFunction {
  reader.expect('MovingFunctions', '.');
  const name = reader.takeKind('name') ?? '';
  if (!Object.hasOwn(FUNCTIONS, name) || (inner && name === 'stdDev')) {
    throw reader.error(`[MovingFunctions.${name}] is not supported${inner ? ' as an argument' : ''}`);
  }
  reader.expect('(', 'values');
  const made = FUNCTIONS[name as keyof typeof FUNCTIONS](reader);
  reader.expect(')');
  return made;
}

const FUNCTIONS = {
  max: () => ({ kind: 'max' }),
  min: () => ({ kind: 'min' }),
  sum: () => ({ kind: 'sum' }),
  unweightedAvg: () => ({ kind: 'unweighted' }),
  linearWeightedAvg: () => ({ kind: 'linear' }),
  stdDev: (reader) => {
    reader.expect(',');
    return { kind: 'deviation', average: call(reader, true) };
  },
  ewma: (reader) => ({ kind: 'ewma', alpha: decay(reader) }),
  holt: (reader) => ({ kind: 'holt', alpha: decay(reader), beta: decay(reader) }),
  holtWinters: (reader) => ({
    kind: 'holt-winters',
    alpha: decay(reader),
    beta: decay(reader),
    gamma: decay(reader),
    period: period(reader),
    multiplicative: flag(reader),
  }),
} as const satisfies Readonly<Record<string, (reader: TokenReader) => MovingFunction>>;

function decay(reader: TokenReader): number {
  reader.expect(',');
  const sign = reader.take('-') === undefined ? 1 : -1;
  const text = reader.takeKind('number');
  const value = Number(text?.replace(/[dD]$/, ''));
  if (text === undefined || !Number.isFinite(value)) throw reader.unexpected('a number');
  return sign * value;
}

function period(reader: TokenReader): number {
  reader.expect(',');
  const value = whole(reader);
  if (value < 1) throw reader.error('a period of 0');
  return value;
}

function flag(reader: TokenReader): boolean {
  reader.expect(',');
  const text = reader.take('true', 'false');
  if (text === undefined) throw reader.unexpected('[true] or [false]');
  return text === 'true';
}

function whole(reader: TokenReader): number {
  const text = reader.takeKind('number') ?? '';
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > PERIOD_MAX)
    throw reader.error(`[${text}] is no whole number of up to ${PERIOD_MAX}`);
  return value;
}
