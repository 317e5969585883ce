/** Dates as answers write them. */
import { isoText } from '#signals/elasticsearch/calendar.ts';
import { zoneOffsets } from '#signals/elasticsearch/time-zone.ts';
import type { DateFormat } from '#storage/document-search.ts';

export function dateText(ms: number, format: DateFormat): string {
  switch (format) {
    case 'iso':
    case 'iso-nanos':
      return isoText(ms);
    case 'epoch-millis':
      return String(ms);
    case 'epoch-seconds':
      return String(ms / 1000);
    default:
      return format satisfies never;
  }
}

/** The same on the clocks of a time zone, with their distance from UTC. */
export function zonedText(timeZone: string, format: DateFormat): (ms: number) => string {
  if (format !== 'iso' && format !== 'iso-nanos') return (ms) => dateText(ms, format);
  const zone = zoneOffsets(timeZone);
  return (ms) => {
    const shift = zone.offsetMs(ms);
    const text = isoText(ms + shift);
    return shift === 0 ? text : text.slice(0, -1) + shiftText(shift);
  };
}

const MINUTE_MS = 60_000;

function shiftText(shift: number): string {
  const minutes = Math.round(Math.abs(shift) / MINUTE_MS);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${shift < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
