/** Milliseconds since the epoch as ISO 8601 in UTC, without the runtime's clock object. */

const DAY_MS = 86_400_000;
/** Days from 0000-03-01 to 1970-01-01, and in 400 years, of the proleptic Gregorian calendar. */
const EPOCH_DAYS = 719_468;
const ERA_DAYS = 146_097;

/** `2026-11-21T04:19:05.123Z`; years 1970 to 9999. */
export function isoTime(unixMs: number): string {
  const days = Math.floor(unixMs / DAY_MS);
  const { year, month, day } = civil(days);
  const ofDayMs = Math.floor(unixMs - days * DAY_MS);
  const clock = [
    [Math.floor(ofDayMs / 3_600_000), 2],
    [Math.floor(ofDayMs / 60_000) % 60, 2],
    [Math.floor(ofDayMs / 1000) % 60, 2],
  ].map(([value, width]) => String(value).padStart(width ?? 2, '0'));
  const fraction = String(ofDayMs % 1000).padStart(3, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${clock.join(':')}.${fraction}Z`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Years begin in March here, so that the leap day is the last one. */
function civil(unixDays: number): { year: number; month: number; day: number } {
  const days = unixDays + EPOCH_DAYS;
  const era = Math.floor(days / ERA_DAYS);
  const ofEra = days - era * ERA_DAYS;
  const leapDays = Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / (ERA_DAYS - 1));
  const yearOfEra = Math.floor((ofEra - leapDays) / 365);
  const before = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const marchMonth = Math.floor((5 * (ofEra - before) + 2) / 153);
  const day = ofEra - before - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
