/**
 * What every document that matches certainly has, as conditions for SQL: the
 * test of rows decides, this only spares it rows. Undefined means that nothing
 * is certain. Every value becomes a parameter.
 */
import { lowerCase, tokenize } from '#signals/elasticsearch/analyzer.ts';
import { SPAN_KIND_NAMES, STATUS_CODE_NAMES } from '#signals/elasticsearch/documents.ts';
import { fieldTarget, type FieldTarget, type StreamType } from '#signals/elasticsearch/fields.ts';
import { SPAN_KINDS, STATUS_CODES } from '#signals/model.ts';
import { ANY_FIELD, type Clause, type FieldValue } from '#storage/document-search.ts';
import { searchTerms } from '#storage/embedded/documents/core/attribute-text.ts';
import { TIME_COLUMN } from '#storage/embedded/documents/core/search/order.ts';
import { asNumber } from '#storage/embedded/documents/core/search/values.ts';
import { anyFieldCondition } from '#storage/embedded/documents/core/search/prefilter-any.ts';
import { literalOf } from '#storage/embedded/documents/core/search/patterns.ts';

/** Gives a value a name for SQL. */
export type Bind = (value: bigint | string | number) => string;

/** A condition in the making: what is not used in the end binds no value. */
export type Condition = (bind: Bind) => string;

/** More alternatives than this cost SQL more than they spare. */
const ALTERNATIVES_MAX = 50;
const NANOS_PER_MS = 1_000_000n;
const NANOS_MAX = 2n ** 64n - 1n;

export interface TimeRange {
  readonly min: bigint;
  readonly max: bigint;
}

export const ALL_TIME: TimeRange = { min: 0n, max: NANOS_MAX };

/** Every match lies within it, both ends inclusive; empty when `min` is after `max`. */
export function timeRange(clause: Clause): TimeRange {
  if (clause.kind === 'bool') {
    return clause.must
      .map(timeRange)
      .reduce(
        (a, b) => ({ min: a.min > b.min ? a.min : b.min, max: a.max < b.max ? a.max : b.max }),
        ALL_TIME,
      );
  }
  if (clause.kind !== 'range' || clause.field !== '@timestamp') return ALL_TIME;
  return {
    min: clause.min === undefined ? 0n : (nanosOf(clause.min.value, 'floor') ?? 0n),
    // A millisecond lasts until the next.
    max: clause.max === undefined ? NANOS_MAX : (nanosOf(clause.max.value, 'ceil') ?? NANOS_MAX),
  };
}

function nanosOf(value: FieldValue, side: 'floor' | 'ceil'): bigint | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const nanos = BigInt(Math.floor(value)) * NANOS_PER_MS + (side === 'ceil' ? 2n * NANOS_PER_MS : 0n);
  return nanos < 0n ? 0n : nanos > NANOS_MAX ? NANOS_MAX : nanos;
}

/** Undefined when nothing is certain. */
export function prefilter(clause: Clause, stream: StreamType): Condition | undefined {
  switch (clause.kind) {
    case 'bool':
      return boolCondition(clause, stream);
    case 'terms':
      return clause.ignoreCase ? undefined : termsCondition(clause.field, clause.values, stream);
    case 'range':
      return rangeCondition(clause, stream);
    case 'words':
    case 'phrase':
      return textCondition(clause, stream);
    case 'pattern':
      return patternCondition(clause, stream);
    case 'none':
      return NEVER;
    case 'all':
    case 'exists':
    case 'ids':
      return undefined;
    default:
      return clause satisfies never;
  }
}

type Of<Kind extends Clause['kind']> = Extract<Clause, { readonly kind: Kind }>;

const NEVER: Condition = () => 'false';

function boolCondition(clause: Of<'bool'>, stream: StreamType): Condition | undefined {
  const certain = clause.must.map((one) => prefilter(one, stream)).filter((one) => one !== undefined);
  if (clause.shouldMin >= 1 && clause.should.length <= ALTERNATIVES_MAX) {
    const either = anyOf(clause.should.map((one) => prefilter(one, stream)));
    if (either !== undefined) certain.push(either);
  }
  return allOf(certain);
}

function allOf(conditions: readonly Condition[]): Condition | undefined {
  if (conditions.length === 0) return undefined;
  return (bind) => `(${conditions.map((one) => one(bind)).join(' and ')})`;
}

function anyOf(conditions: readonly (Condition | undefined)[]): Condition | undefined {
  if (conditions.length === 0) return NEVER;
  const certain = conditions.filter((one) => one !== undefined);
  if (certain.length < conditions.length) return undefined;
  return (bind) => `(${certain.map((one) => one(bind)).join(' or ')})`;
}

const NUMBER_COLUMNS: Readonly<Record<string, string>> = {
  severity_number: 'severity',
  duration: 'duration_ns',
};

function rangeCondition(clause: Of<'range'>, stream: StreamType): Condition | undefined {
  const target = fieldTarget(stream, clause.field);
  if (target.kind !== 'fixed') return undefined;
  if (target.name === '@timestamp') {
    const { min, max } = timeRange(clause);
    const column = TIME_COLUMN[stream];
    return (bind) => `(${column} >= ${bind(min)} and ${column} <= ${bind(max)})`;
  }
  const column = NUMBER_COLUMNS[target.name];
  if (column === undefined) return undefined;
  return allOf([
    ...numberBound(column, '>=', clause.min?.value),
    ...numberBound(column, '<=', clause.max?.value),
  ]);
}

function numberBound(column: string, sign: '>=' | '<=', value: FieldValue | undefined): readonly Condition[] {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) return [];
  return [(bind) => `${column} ${sign} ${bind(BigInt(value))}`];
}

function termsCondition(
  field: string,
  values: readonly FieldValue[],
  stream: StreamType,
): Condition | undefined {
  if (values.length > ALTERNATIVES_MAX) return undefined;
  const target = fieldTarget(stream, field);
  return anyOf(values.map((value) => termCondition(target, value)));
}

/** Columns that hold a keyword as it is. */
const TEXT_COLUMNS = new Set(['severity_text', 'event_name', 'trace_state', 'name', 'status_message']);

function termCondition(target: FieldTarget, value: FieldValue): Condition | undefined {
  if (target.kind === 'attribute') return attributeCondition(target, value);
  const text = String(value);
  const column = target.name.replace('.', '_');
  if (TEXT_COLUMNS.has(column)) return (bind) => `${column} = ${bind(text)}`;
  switch (target.name) {
    case 'kind':
      return numbered(
        'kind',
        SPAN_KINDS.findIndex((kind) => SPAN_KIND_NAMES[kind] === text),
      );
    case 'status.code':
      return numbered(
        'status',
        STATUS_CODES.findIndex((code) => STATUS_CODE_NAMES[code] === text),
      );
    case 'trace_id':
      return idCondition('trace_low', text, 32);
    case 'span_id':
      return idCondition('span_id', text, 16);
    case 'parent_span_id':
      return idCondition('parent_id', text, 16);
    case 'body.text':
      return wordCondition(text);
    default:
      return undefined;
  }
}

function numbered(column: string, number: number): Condition {
  return number < 0 ? NEVER : () => `${column} = ${number}`;
}

/** By the last 16 digits. */
function idCondition(column: string, text: string, digits: number): Condition {
  if (text.length !== digits || !/^[0-9a-f]*$/.test(text)) return NEVER;
  const low = BigInt(`0x${text.slice(-16)}`);
  return (bind) => `${column} = ${bind(low)}`;
}

const COLUMN_OF = {
  attributes: 'attributes',
  'resource.attributes': 'resource',
  'scope.attributes': 'scope',
} as const;

/** The pair itself, or the key with a list, or with a map above it, in which the value may be. */
function attributeCondition(
  { places, key }: Extract<FieldTarget, { kind: 'attribute' }>,
  value: FieldValue,
): Condition | undefined {
  const text = String(value);
  // Numbers can be written in several ways; only the one we store is looked for.
  const number = asNumber(value);
  if (number !== undefined && String(number) !== text) return undefined;
  const begins = [` ${JSON.stringify(key)}:["a"`];
  const steps = key.split('.');
  for (let length = 1; length < steps.length; length += 1) {
    const above = JSON.stringify(steps.slice(0, length).join('.'));
    begins.push(` ${above}:["m"`, ` ${above}:["a"`);
  }
  const terms = [...searchTerms(key, text), ...begins];
  return (bind) => {
    const bound = terms.map(bind);
    const found = places.flatMap((place) => bound.map((term) => `contains(${COLUMN_OF[place]}, ${term})`));
    return `(${found.join(' or ')})`;
  };
}

const PLAIN_WORD = /^[\u0021-\u007e]+$/;

/** Letters beyond ASCII may have another lower case in DuckDB than here; they are not looked for. */
function wordCondition(word: string): Condition | undefined {
  if (!PLAIN_WORD.test(word)) return undefined;
  return (bind) => `contains(lower(message), ${bind(lowerCase(word))})`;
}

function textCondition(clause: Of<'words' | 'phrase'>, stream: StreamType): Condition | undefined {
  if (clause.field === ANY_FIELD) {
    return anyFieldCondition(
      stream,
      clause.text,
      tokenize(clause.text).map(({ text }) => text),
    );
  }
  const target = fieldTarget(stream, clause.field);
  const isPrefix = clause.kind === 'phrase' && clause.lastIsPrefix;
  if (target.kind === 'attribute' || target.type !== 'text') {
    return isPrefix ? undefined : termCondition(target, clause.text);
  }
  const conditions = tokenize(clause.text).map(({ text }) => wordCondition(text));
  if (conditions.length === 0) return NEVER;
  const all = clause.kind === 'phrase' || clause.least === 'all';
  return all ? allOf(conditions.filter((one) => one !== undefined)) : anyOf(conditions);
}

function patternCondition(clause: Of<'pattern'>, stream: StreamType): Condition | undefined {
  const literal = literalOf(clause.pattern);
  if (clause.field === ANY_FIELD) {
    return clause.ignoreCase || literal === '' ? undefined : anyFieldCondition(stream, literal, [literal]);
  }
  const target = fieldTarget(stream, clause.field);
  if (target.kind !== 'fixed' || literal === '') return undefined;
  if (target.type === 'text') return wordCondition(literal);
  const column = target.name.replace('.', '_');
  if (clause.ignoreCase || !TEXT_COLUMNS.has(column)) return undefined;
  return (bind) => `contains(${column}, ${bind(literal)})`;
}
