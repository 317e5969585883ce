/**
 * Dates in requests.
 *
 *   date  = ('now' | point '||') step* | point
 *   point = strict_date_optional_time | epoch_millis | epoch_second
 *   step  = ('+' | '-') [number] unit | '/' unit        unit = y M w d h H m s
 *
 * A point that leaves its end out, and a rounding, stand for a span of time:
 * which end of it counts depends on the bound it is given for.
 */
import { DAY_MS, dayNumber, daysInMonth, splitDay } from '#signals/elasticsearch/calendar.ts';
import { isTimeZone, zoneOffsets, type ZoneOffsets } from '#signals/elasticsearch/time-zone.ts';
import type { DateFormat } from '#storage/document-search.ts';
import { ElasticError, illegal } from '#server/elasticsearch/core/errors.ts';

export interface DateContext {
  readonly nowMs: number;
  /** Undefined for UTC. */
  readonly timeZone?: string | undefined;
  /** Formats to try, in this order. */
  readonly format?: string | undefined;
}

const USUAL_FORMAT = 'strict_date_optional_time||epoch_millis';
const FORMATS: Readonly<Record<string, DateFormat>> = {
  epoch_millis: 'epoch-millis',
  epoch_second: 'epoch-seconds',
  date_optional_time: 'iso',
  strict_date_optional_time: 'iso',
  strict_date_optional_time_nanos: 'iso-nanos',
  date_time: 'iso',
  strict_date_time: 'iso',
  iso8601: 'iso',
};

/** How dates are written; the first of several. @throws ElasticError for a format that is not offered */
export function dateFormatOf(format: string | undefined): DateFormat {
  const [first = ''] = (format ?? USUAL_FORMAT).split('||');
  const known = Object.hasOwn(FORMATS, first) ? FORMATS[first] : undefined;
  if (known !== undefined) return known;
  throw illegal(`date format [${first}] is not supported; use one of ${Object.keys(FORMATS).join(', ')}`);
}

export interface DateSpan {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** @throws ElasticError `parse_exception` in a reason of its own for what is no date */
export function dateSpan(value: string | number, context: DateContext): DateSpan {
  const zone = zoneOf(context.timeZone);
  const text = String(value).trim();
  if (/^now(?:[+\-/]|$)/.test(text)) {
    const now = { firstMs: context.nowMs, lastMs: context.nowMs };
    return afterSteps(now, text.slice('now'.length), zone) ?? fail(text, context);
  }
  const bars = text.indexOf('||');
  const start = pointSpan(bars < 0 ? text : text.slice(0, bars), context, zone) ?? fail(text, context);
  return bars < 0 ? start : (afterSteps(start, text.slice(bars + 2), zone) ?? fail(text, context));
}

/** Undefined for what is no date. */
export function tryDateSpan(value: string, context: DateContext): DateSpan | undefined {
  try {
    return dateSpan(value, context);
  } catch (error) {
    if (error instanceof ElasticError) return undefined;
    throw error;
  }
}

function fail(text: string, { format = USUAL_FORMAT }: DateContext): never {
  throw new ElasticError(
    400,
    'illegal_argument_exception',
    `failed to parse date field [${text}] with format [${format}]`,
  );
}

function zoneOf(name: string | undefined): ZoneOffsets {
  if (name === undefined) return zoneOffsets('UTC');
  if (isTimeZone(name)) return zoneOffsets(name);
  throw illegal(`unknown time zone [${name}]`);
}

function pointSpan(
  text: string,
  { format = USUAL_FORMAT }: DateContext,
  zone: ZoneOffsets,
): DateSpan | undefined {
  for (const one of format.split('||')) {
    const kind = dateFormatOf(one);
    const span =
      kind === 'epoch-millis' || kind === 'epoch-seconds' ? epochSpan(text, kind) : calendarSpan(text, zone);
    if (span !== undefined) return span;
  }
  return undefined;
}

/** Times a 64-bit count of nanoseconds can say, and a little more. */
const MS_MAX = 2 ** 47;

function epochSpan(text: string, kind: 'epoch-millis' | 'epoch-seconds'): DateSpan | undefined {
  if (!/^-?\d{1,17}(?:\.\d{1,9})?$/.test(text)) return undefined;
  const ms = Math.floor(Number(text) * (kind === 'epoch-millis' ? 1 : 1000));
  return Math.abs(ms) > MS_MAX ? undefined : { firstMs: ms, lastMs: ms };
}

const CALENDAR =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?)?)?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

function calendarSpan(text: string, zone: ZoneOffsets): DateSpan | undefined {
  const match = CALENDAR.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, shift] = match;
  if (shift !== undefined && hour === undefined) return undefined;
  const part = (written: string | undefined, usual: number): number =>
    written === undefined ? usual : Number(written);
  const first = { year: Number(year), month: part(month, 1), day: part(day, 1) };
  const lastMonth = part(month, 12);
  const last = {
    year: first.year,
    month: lastMonth,
    day: part(day, daysInMonth({ ...first, month: lastMonth })),
  };
  if (first.month < 1 || lastMonth > 12 || first.day < 1 || first.day > daysInMonth(first)) return undefined;
  if (part(hour, 0) > 23 || part(minute, 0) > 59 || part(second, 0) > 59) return undefined;
  const ms = (usual: number): number =>
    fraction === undefined ? usual : Number(fraction.padEnd(3, '0').slice(0, 3));
  const clock = (h: number, rest: number): number =>
    ((part(hour, h) * 60 + part(minute, rest)) * 60 + part(second, rest)) * 1000;
  const here = shift === undefined ? zone : zoneOffsets(shift);
  const utc = (local: number): number => here.utcOf(local, here.offsetMs(local));
  return {
    firstMs: utc(dayNumber(first) * DAY_MS + clock(0, 0) + ms(0)),
    lastMs: utc(dayNumber(last) * DAY_MS + clock(23, 59) + ms(999)),
  };
}

const STEP = /([+-])(\d{0,9})([yMwdhHms])|\/([yMwdhHms])/y;
/** Steps in one date; nobody writes more. */
const STEPS_MAX = 10;

function afterSteps(span: DateSpan, steps: string, zone: ZoneOffsets): DateSpan | undefined {
  let { firstMs, lastMs } = span;
  let at = 0;
  for (let count = 0; at < steps.length; count += 1) {
    STEP.lastIndex = at;
    const match = STEP.exec(steps);
    if (match === null || count === STEPS_MAX) return undefined;
    at = STEP.lastIndex;
    const [, sign, number, unit, rounded] = match;
    if (rounded === undefined) {
      const by = Number(number === '' ? 1 : number) * (sign === '-' ? -1 : 1);
      firstMs = moved(firstMs, by, unit ?? '', zone);
      lastMs = moved(lastMs, by, unit ?? '', zone);
    } else {
      firstMs = floored(firstMs, rounded, zone);
      lastMs = moved(floored(lastMs, rounded, zone), 1, rounded, zone) - 1;
    }
  }
  return Math.abs(firstMs) > MS_MAX || Math.abs(lastMs) > MS_MAX ? undefined : { firstMs, lastMs };
}

const LENGTHS: Readonly<Record<string, number>> = { h: 3_600_000, H: 3_600_000, m: 60_000, s: 1000 };

/** Days and longer move the date and keep the clock. */
function moved(ms: number, by: number, unit: string, zone: ZoneOffsets): number {
  const length = LENGTHS[unit];
  if (length !== undefined) return ms + by * length;
  const shift = zone.offsetMs(ms);
  const { day, restMs } = splitDay(ms + shift);
  const days = unit === 'd' ? by : unit === 'w' ? by * 7 : 0;
  const months = unit === 'M' ? by : unit === 'y' ? by * 12 : 0;
  const month = { year: day.year, month: day.month + months, day: 1 };
  const target = dayNumber({ ...month, day: Math.min(day.day, daysInMonth(month)) }) + days;
  return zone.utcOf(target * DAY_MS + restMs, shift);
}

function floored(ms: number, unit: string, zone: ZoneOffsets): number {
  const shift = zone.offsetMs(ms);
  const local = ms + shift;
  const length = LENGTHS[unit];
  if (length !== undefined) return zone.utcOf(Math.floor(local / length) * length, shift);
  const { day } = splitDay(local);
  const days = dayNumber({
    year: day.year,
    month: unit === 'y' ? 1 : day.month,
    day: unit === 'y' || unit === 'M' ? 1 : day.day,
  });
  // 1970 began on a Thursday, weeks begin on Mondays.
  const begin = unit === 'w' ? days - ((((days + 3) % 7) + 7) % 7) : days;
  return zone.utcOf(begin * DAY_MS, shift);
}
