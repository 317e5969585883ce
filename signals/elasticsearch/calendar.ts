/** Days and months of the Gregorian calendar by plain arithmetic: a pure core has no `Date`. */

/** A day as people write it; `month` from 1. */
export interface CivilDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const DAYS_PER_ERA = 146_097;
/** From the first day of March of year 0 to the first of 1970. */
const EPOCH_DAY = 719_468;

/** Eras are 400 years long and begin in March, so that leap days end them. */
export function civilDay(daysSince1970: number): CivilDay {
  const days = daysSince1970 + EPOCH_DAY;
  const era = Math.floor(days / DAYS_PER_ERA);
  const dayOfEra = days - era * DAYS_PER_ERA;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / (DAYS_PER_ERA - 1));
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Days since 1970; months and days beyond their ends count on. */
export function dayNumber({ year, month, day }: CivilDay): number {
  const months = year * 12 + month - 1;
  const whole = Math.floor(months / 12);
  const monthFromMarch = ((months % 12) + 12 + 10) % 12;
  const marchYear = monthFromMarch >= 10 ? whole - 1 : whole;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - EPOCH_DAY;
}

export function daysInMonth({ year, month }: CivilDay): number {
  return dayNumber({ year, month: month + 1, day: 1 }) - dayNumber({ year, month, day: 1 });
}

export const DAY_MS = 86_400_000;

/** Day and milliseconds into it of milliseconds since 1970. */
export function splitDay(ms: number): { readonly day: CivilDay; readonly restMs: number } {
  const days = Math.floor(ms / DAY_MS);
  return { day: civilDay(days), restMs: ms - days * DAY_MS };
}

/** `2026-01-31T12:00:00.000Z` of milliseconds since 1970. */
export function isoText(unixMs: number): string {
  const { day, restMs } = splitDay(unixMs);
  // ISO 8601 asks for a sign before longer years.
  const year = `${day.year > 9999 ? '+' : ''}${String(day.year).padStart(4, '0')}`;
  const date = [year, two(day.month), two(day.day)].join('-');
  const clock = [
    Math.floor(restMs / 3_600_000),
    Math.floor(restMs / 60_000) % 60,
    Math.floor(restMs / 1000) % 60,
  ];
  return `${date}T${clock.map(two).join(':')}.${String(Math.floor(restMs) % 1000).padStart(3, '0')}Z`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
