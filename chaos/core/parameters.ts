/**
 * Parameters of faults: their units, ranges and defaults, read from whatever a
 * command line, a request or an experiment gives.
 */
import { nearestName } from '#base/nearest.ts';

export interface Parameter<T extends string | number> {
  readonly kind: 'number' | 'integer' | 'choice' | 'text';
  /** `ms`, `KB/s`, `share` …; empty for none. */
  readonly unit: string;
  readonly doc: string;
  readonly default: T;
  /** What is right, to finish the sentence "expected …". */
  readonly expected: string;
  /** Undefined when `given` is not right. Numbers may come as text. */
  read(given: unknown): T | undefined;
}

export type ParameterSet = Readonly<Record<string, Parameter<string> | Parameter<number>>>;
export type ParameterValues = Readonly<Record<string, string | number>>;
export type ValuesOf<Set extends ParameterSet> = {
  readonly [Name in keyof Set]: Set[Name] extends Parameter<infer T> ? T : never;
};

interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly default: number;
  readonly doc: string;
}

export function number(range: Range): Parameter<number> {
  return numeric('number', range);
}

export function integer(range: Range): Parameter<number> {
  return numeric('integer', range);
}

/** 0 to 1: of connections or of requests. */
export function share(doc: string, byDefault = 1): Parameter<number> {
  return number({ min: 0, max: 1, unit: 'share', default: byDefault, doc });
}

/** The longest delay a fault adds: past it every client has long given up. */
const DELAY_MS_MAX = 60_000;

export function milliseconds(doc: string, byDefault: number): Parameter<number> {
  return integer({ min: 0, max: DELAY_MS_MAX, unit: 'ms', default: byDefault, doc });
}

export function choice<const Names extends readonly [string, ...string[]]>(
  names: Names,
  doc: string,
): Parameter<Names[number]> {
  return {
    kind: 'choice',
    unit: '',
    doc,
    default: names[0],
    expected: `one of ${names.join(', ')}`,
    read: (given) => names.find((name) => name === given),
  };
}

/** Longer than any path or method a person types. */
const TEXT_CHARS_MAX = 1000;

export function text(options: {
  readonly pattern: RegExp;
  readonly expected: string;
  readonly default: string;
  readonly doc: string;
}): Parameter<string> {
  const { pattern, ...rest } = options;
  return {
    kind: 'text',
    unit: '',
    ...rest,
    read: (given) =>
      typeof given === 'string' && given.length <= TEXT_CHARS_MAX && pattern.test(given) ? given : undefined,
  };
}

function numeric(
  kind: 'number' | 'integer',
  { min, max, unit, default: byDefault, doc }: Range,
): Parameter<number> {
  const noun = kind === 'integer' ? 'a whole number' : 'a number';
  return {
    kind,
    unit,
    doc,
    default: byDefault,
    expected: `${noun}${unit === '' || unit === 'share' ? '' : ` of ${unit}`} from ${min} to ${max}`,
    read(given) {
      const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
      if (typeof value !== 'number' || !(value >= min && value <= max)) return undefined;
      return kind === 'integer' && !Number.isInteger(value) ? undefined : value;
    },
  };
}

export type ReadParameters<Set extends ParameterSet> =
  | { readonly values: ValuesOf<Set> }
  | { readonly problems: readonly string[] };

/** Values with defaults for what is not given, or everything that is wrong with `given`. */
export function readParameters<Set extends ParameterSet>(
  set: Set,
  given: Readonly<Record<string, unknown>>,
): ReadParameters<Set> {
  const problems = Object.keys(given)
    .filter((name) => !Object.hasOwn(set, name))
    .map((name) => unknownName(name, Object.keys(set)));
  const values: Record<string, string | number> = {};
  for (const [name, parameter] of Object.entries(set)) {
    const wanted = Object.hasOwn(given, name) ? given[name] : undefined;
    const value = wanted === undefined ? parameter.default : parameter.read(wanted);
    if (value === undefined)
      problems.push(`${name}: expected ${parameter.expected}, got ${JSON.stringify(wanted)}`);
    else values[name] = value;
  }
  return problems.length > 0 ? { problems } : { values: values as ValuesOf<Set> };
}

function unknownName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `${name} is not known here; did you mean ${nearest}?`;
  return `${name} is not known here; ${known.length === 0 ? 'it takes none' : `known are ${known.join(', ')}`}`;
}
