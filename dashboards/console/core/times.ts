/**
 * Durations and times as people read them. Times of the day are shown in the
 * reader's zone; the other zone stands beside it on request.
 */
import { formatNumber, MISSING } from '#dashboards/console/core/numbers.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long something took: `318 ms`, `1.24 s`, `2 min 5 s`, `3 h 20 min`, `4 d 2 h`. */
export function formatDuration(durationMs: number | null | undefined): string {
  if (durationMs === null || durationMs === undefined || !Number.isFinite(durationMs)) return MISSING;
  const sign = durationMs < 0 ? '−' : '';
  const ms = Math.abs(durationMs);
  if (ms === 0) return '0 s';
  if (ms < 1) return `${sign}${formatNumber(ms * 1000)} µs`;
  if (ms < 999.5) return `${sign}${formatNumber(ms)} ms`;
  if (ms < MINUTE_MS - 50) return `${sign}${formatNumber(ms / SECOND_MS)} s`;
  return sign + coarse(ms);
}

/** The two largest units: what takes minutes is not told in milliseconds. */
function coarse(ms: number): string {
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 24 * 60) return pair(minutes, 60, 'h', 'min');
  return pair(Math.round(ms / HOUR_MS), 24, 'd', 'h');
}

function pair(smaller: number, per: number, large: string, small: string): string {
  const rest = smaller % per;
  const whole = Math.floor(smaller / per);
  return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`;
}

/** `5m`, `1h`, `30d`: the name of a window or period. */
export function formatWindow(durationMs: number): string {
  for (const [unit, name] of [
    [DAY_MS, 'd'],
    [HOUR_MS, 'h'],
    [MINUTE_MS, 'm'],
    [SECOND_MS, 's'],
  ] as const) {
    if (durationMs >= unit && durationMs % unit === 0) return `${durationMs / unit}${name}`;
  }
  return durationMs >= SECOND_MS
    ? `${formatNumber(durationMs / SECOND_MS)}s`
    : `${formatNumber(durationMs)}ms`;
}

/** How long ago: `12 s ago`, `3 min ago`, `2 h ago`; `now` within two seconds. */
export function formatAgo(timeMs: number, nowMs: number): string {
  const elapsedMs = nowMs - timeMs;
  if (Math.abs(elapsedMs) < 2 * SECOND_MS) return 'now';
  const text = elapsedMs >= 0 ? elapsedMs : -elapsedMs;
  const rounded = largestUnit(text);
  return elapsedMs >= 0 ? `${rounded} ago` : `in ${rounded}`;
}

function largestUnit(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / DAY_MS)} d`;
}

export type Zone = 'local' | 'UTC';

/** `14:03:27.120`, with the date before it unless it is today's. */
export function formatTime(timeMs: number, nowMs: number, zone: Zone = 'local'): string {
  const time = parts(timeMs, zone);
  const now = parts(nowMs, zone);
  const day = time.date === now.date ? '' : `${time.date} `;
  return `${day}${time.clock}.${String(Math.floor(timeMs) % 1000).padStart(3, '0')}`;
}

/** As {@link formatTime} without milliseconds. */
export function formatClock(timeMs: number, nowMs: number, zone: Zone = 'local'): string {
  return formatTime(timeMs, nowMs, zone).slice(0, -4);
}

/** Both zones in one line, for the hover. */
export function bothZones(timeMs: number): string {
  const local = parts(timeMs, 'local');
  const utc = parts(timeMs, 'UTC');
  const ms = String(Math.floor(timeMs) % 1000).padStart(3, '0');
  return `${local.date} ${local.clock}.${ms} local · ${utc.date} ${utc.clock}.${ms} UTC`;
}

function parts(timeMs: number, zone: Zone): { readonly date: string; readonly clock: string } {
  // A calendar reading of a time that was given; the present is never asked for.
  // oxlint-disable-next-line no-restricted-globals
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) return { date: MISSING, clock: MISSING };
  const shifted = zone === 'UTC' ? date.toISOString() : localIso(date);
  return { date: shifted.slice(0, 10), clock: shifted.slice(11, 19) };
}

function localIso(date: { getTime(): number; getTimezoneOffset(): number }): string {
  // oxlint-disable-next-line no-restricted-globals
  return new Date(date.getTime() - date.getTimezoneOffset() * MINUTE_MS).toISOString();
}
