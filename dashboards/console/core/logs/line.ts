/** A log record as a line on screen, and as a table of its fields. */
import { levelOf, type Level } from '#dashboards/console/core/logs/answers.ts';
import { ATTRIBUTE, exclusionOf, type Filter } from '#dashboards/console/core/logs/search.ts';
import { excerpt, readable } from '#dashboards/console/core/logs/text.ts';
import type { LogRecord } from '#dashboards/console/web/data/own-api.ts';

/** A line shows so much; all of it stands below the line when it is opened. */
const LINE_CHARS_MAX = 1000;
/** Attributes beside the message, while there is room. */
const BESIDE_CHARS_MAX = 300;
const BESIDE_VALUE_CHARS_MAX = 80;
/** Of one field: some screens full. The copy has all. */
const FIELD_CHARS_MAX = 20_000;

export interface LogLine {
  readonly id: string;
  readonly unixNanos: string;
  readonly timeMs: number;
  readonly level: Level;
  readonly service: string;
  readonly message: string;
  readonly leftOut: number;
  /** Attributes as `key=value`, those that fit. */
  readonly beside: string;
  readonly record: LogRecord;
}

export function lineOf(record: LogRecord): LogLine {
  const { text, leftOut } = excerpt(messageOf(record), LINE_CHARS_MAX);
  const unixNanos = record.unixNanos === '0' ? record.observedUnixNanos : record.unixNanos;
  return {
    id: record.id,
    unixNanos,
    timeMs: nanosToMs(unixNanos),
    level: levelOf(record.severityNumber),
    service: plainText(record.resource['service.name'] ?? ''),
    message: text,
    leftOut,
    beside: besideText(record.attributes),
    record,
  };
}

function besideText(attributes: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const [key, value] of Object.entries(attributes)) {
    if (text.length >= BESIDE_CHARS_MAX) break;
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    text += ` ${key}=${shown.slice(0, BESIDE_VALUE_CHARS_MAX)}`;
  }
  return readable(text.slice(1, BESIDE_CHARS_MAX + 1)).replaceAll('\n', ' ');
}

/** The text of a body; of a structured one its message, or all of it. */
export function messageOf({ body, eventName }: LogRecord): string {
  if (body === null || body === undefined || body === '') return eventName;
  if (typeof body !== 'object') return plainText(body);
  const { message, msg } = body as Readonly<Record<string, unknown>>;
  const own = message ?? msg;
  return typeof own === 'string' && own !== '' ? own : JSON.stringify(body);
}

export function nanosToMs(unixNanos: string): number {
  const ms = Number(unixNanos.slice(0, -6));
  return Number.isFinite(ms) ? ms : 0;
}

/** Negative when `a` is newer; lines of the same time stand by their ids. */
export function compareLines(a: LogLine, b: LogLine): number {
  if (a.unixNanos.length !== b.unixNanos.length) return b.unixNanos.length - a.unixNanos.length;
  if (a.unixNanos !== b.unixNanos) return a.unixNanos < b.unixNanos ? 1 : -1;
  return 0;
}

export interface Field {
  readonly name: string;
  /** Readable, at most {@link FIELD_CHARS_MAX} characters. */
  readonly text: string;
  readonly leftOut: number;
  /** All of it, as it came. */
  readonly raw: string;
  /** Leads to the lines that have the same. */
  readonly filter: Filter | undefined;
  /** Leaves out the lines that have the same. */
  readonly exclusion: Filter | undefined;
}

export interface FieldGroup {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** Everything that is known of a line, in groups; what is not there has no row. */
export function fieldsOf({ record, level, service }: LogLine): readonly FieldGroup[] {
  const severity =
    record.severityText === '' ? level : `${record.severityText} (${record.severityNumber}, ${level})`;
  const own = [
    field('body', record.body, undefined),
    field('event', record.eventName, undefined),
    severityField(severity, level),
    field('service', service, { name: 'service', value: service }),
    field('trace id', record.traceId, { name: 'trace_id', value: record.traceId ?? '' }),
    field('span id', record.spanId, { name: 'span_id', value: record.spanId ?? '' }),
    field('logger', [record.scope.name, record.scope.version].join(' ').trim(), undefined),
    field('observed', differs(record) ? record.observedUnixNanos : '', undefined),
  ];
  return [
    { name: 'Line', fields: own },
    { name: 'Attributes', fields: attributeFields(record.attributes) },
    { name: 'Resource', fields: attributeFields(record.resource) },
  ]
    .map(({ name, fields }) => ({ name, fields: fields.filter(({ raw }) => raw !== '') }))
    .filter(({ fields }) => fields.length > 0);
}

/** "Unset or worse" is everything; leaving out what is unset is something else. */
function severityField(text: string, level: Level): Field {
  const own = field('severity', text, { name: 'severity', value: level });
  return level === 'unset' ? { ...own, filter: undefined } : own;
}

/** A second is more than sending takes. */
function differs({ unixNanos, observedUnixNanos }: LogRecord): boolean {
  if (observedUnixNanos === '0' || unixNanos === '0') return false;
  return Math.abs(nanosToMs(observedUnixNanos) - nanosToMs(unixNanos)) > 1000;
}

function attributeFields(attributes: Readonly<Record<string, unknown>>): readonly Field[] {
  return Object.entries(attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => field(key, value, attributeFilter(key, value)));
}

/** The API compares plain values as text; lists and maps have no text of their own. */
export function attributeFilter(key: string, value: unknown): Filter | undefined {
  if (typeof value === 'object' || value === undefined || value === '') return undefined;
  return key === 'service.name'
    ? { name: 'service', value: plainText(value) }
    : { name: `${ATTRIBUTE}${key}`, value: plainText(value) };
}

function field(name: string, value: unknown, filter: Filter | undefined): Field {
  const raw = plainText(value);
  const exclusion = filter === undefined ? undefined : exclusionOf(filter);
  return { name, ...excerpt(raw, FIELD_CHARS_MAX), raw, filter, exclusion };
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value as number | boolean);
}
