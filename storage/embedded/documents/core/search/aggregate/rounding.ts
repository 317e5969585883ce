/** Begins of time steps: of equal length or of the calendar, in a time zone. */
import type { CalendarUnit, DateHistogramAggregation } from '#storage/document-search.ts';
import { DAY_MS, dayNumber, splitDay, type CivilDay } from '#signals/elasticsearch/calendar.ts';
import { zoneOffsets, type ZoneOffsets } from '#signals/elasticsearch/time-zone.ts';

export interface Rounding {
  /** Begin of the step that holds a time. */
  floor(ms: number): number;
  /** Begin of the step after the one that begins there. */
  next(begin: number): number;
  /** Begin that an end of extended bounds stands for: as Elasticsearch has it, rounded first, then moved. */
  bound(ms: number): number;
}

export function roundingOf({ interval, timeZone, offsetMs }: DateHistogramAggregation): Rounding {
  const zone = zoneOffsets(timeZone);
  const plain: Omit<Rounding, 'bound'> =
    'ms' in interval ? fixedSteps(interval.ms, zone) : calendarSteps(interval.unit, zone);
  return {
    floor: (ms) => plain.floor(ms - offsetMs) + offsetMs,
    next: (begin) => plain.next(begin - offsetMs) + offsetMs,
    bound: (ms) => plain.floor(ms) + offsetMs,
  };
}

function fixedSteps(lengthMs: number, zone: ZoneOffsets): Omit<Rounding, 'bound'> {
  const floor = (ms: number): number => {
    const shift = zone.offsetMs(ms);
    return zone.utcOf(Math.floor((ms + shift) / lengthMs) * lengthMs, shift);
  };
  return {
    floor,
    next: (begin) => {
      const next = floor(begin + lengthMs);
      // Where clocks are set back a step is longer than it should be.
      return next > begin ? next : begin + lengthMs;
    },
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** 1970 began on a Thursday; weeks begin on Mondays. */
const DAYS_BEFORE_MONDAY = 3;

function calendarSteps(unit: CalendarUnit, zone: ZoneOffsets): Omit<Rounding, 'bound'> {
  if (unit === 'minute') return fixedSteps(MINUTE_MS, zone);
  if (unit === 'hour') return fixedSteps(HOUR_MS, zone);
  const begin = (localMs: number, ahead: number): number =>
    beginOfDay(splitDay(localMs).day, unit, ahead) * DAY_MS;
  const local = (ms: number): number => ms + zone.offsetMs(ms);
  return {
    floor: (ms) => zone.utcOf(begin(local(ms), 0), zone.offsetMs(ms)),
    next: (from) => {
      const nextLocal = begin(local(from), 1);
      return zone.utcOf(nextLocal, zone.offsetMs(from));
    },
  };
}

/** Number of the day with which the unit begins that holds `day`, or one `ahead` of it. */
function beginOfDay(day: CivilDay, unit: Exclude<CalendarUnit, 'minute' | 'hour'>, ahead: number): number {
  const { year, month } = day;
  switch (unit) {
    case 'day':
      return dayNumber(day) + ahead;
    case 'week': {
      const number = dayNumber(day) + DAYS_BEFORE_MONDAY;
      return (Math.floor(number / 7) + ahead) * 7 - DAYS_BEFORE_MONDAY;
    }
    case 'month':
      return dayNumber({ year, month: month + ahead, day: 1 });
    case 'quarter':
      return dayNumber({ year, month: (Math.floor((month - 1) / 3) + ahead) * 3 + 1, day: 1 });
    case 'year':
      return dayNumber({ year: year + ahead, month: 1, day: 1 });
    default:
      return unit satisfies never;
  }
}
