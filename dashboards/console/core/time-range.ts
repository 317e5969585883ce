/**
 * The time range of a page, as it stands in the URL: `from` and `to` are each
 * relative to now (`now-15m`, `now`) or absolute (milliseconds since the Unix
 * epoch). A range that ends now is live.
 */

export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

export const RANGE_DEFAULT: TimeRange = { from: 'now-15m', to: 'now' };

/** Ranges that are offered, shortest first. */
export const RANGES: readonly { readonly label: string; readonly range: TimeRange }[] = [
  ['last 5 min', '5m'],
  ['last 15 min', '15m'],
  ['last 1 h', '1h'],
  ['last 6 h', '6h'],
  ['last 24 h', '24h'],
  ['last 7 d', '7d'],
  ['last 30 d', '30d'],
].map(([label = '', ago = '']) => ({ label, range: { from: `now-${ago}`, to: 'now' } }));

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const RELATIVE = /^now(?:-(\d{1,6})([smhd]))?$/;
const ABSOLUTE = /^\d{10,14}$/;

/** Milliseconds since the epoch; undefined when it is no time. */
export function resolveTime(text: string, nowMs: number): number | undefined {
  const match = RELATIVE.exec(text);
  if (match !== null) {
    const [, count = '0', unit = 's'] = match;
    return nowMs - Number(count) * (UNITS_MS[unit] ?? 0);
  }
  return ABSOLUTE.test(text) ? Number(text) : undefined;
}

/** What cannot be read, or ends before it starts, is the default range. */
export function resolveRange(range: TimeRange, nowMs: number): Interval {
  const startMs = resolveTime(range.from, nowMs);
  const endMs = resolveTime(range.to, nowMs);
  if (startMs !== undefined && endMs !== undefined && startMs < endMs) return { startMs, endMs };
  return { startMs: nowMs - 15 * 60_000, endMs: nowMs };
}

export function isLive(range: TimeRange): boolean {
  return range.to === 'now';
}

export function absoluteRange({ startMs, endMs }: Interval): TimeRange {
  return { from: String(Math.floor(startMs)), to: String(Math.ceil(endMs)) };
}

/** Nothing shorter can be seen. */
const SHORTEST_MS = 1000;
const LONGEST_MS = 90 * 86_400_000;
/** Of the range that is shown, moved by one key. */
const MOVED = 0.5;
/** So near to the present one means it: a moment passes between two keys. */
const NEAR = 0.1;

/**
 * `+` and `-` halve and double the range, `[` and `]` move it, `0` is the usual
 * one. What ends now still does when it becomes shorter or longer.
 */
export function rangeByKey(key: string, range: TimeRange, nowMs: number): TimeRange | undefined {
  const { startMs, endMs } = resolveRange(range, nowMs);
  const lengthMs = endMs - startMs;
  switch (key) {
    case '+':
    case '=':
      return ofLength(range, nowMs, Math.max(SHORTEST_MS, lengthMs / 2));
    case '-':
      return ofLength(range, nowMs, Math.min(LONGEST_MS, lengthMs * 2));
    case '[':
      return absoluteRange({ startMs: startMs - lengthMs * MOVED, endMs: endMs - lengthMs * MOVED });
    case ']': {
      const moved = endMs + lengthMs * MOVED;
      // There is nothing beyond the present: what reaches it follows it.
      if (isLive(range)) return undefined;
      if (moved >= nowMs - lengthMs * NEAR) return ofLength({ from: '', to: 'now' }, nowMs, lengthMs);
      return absoluteRange({ startMs: moved - lengthMs, endMs: moved });
    }
    case '0':
      return RANGE_DEFAULT;
    default:
      return undefined;
  }
}

function ofLength(range: TimeRange, nowMs: number, lengthMs: number): TimeRange {
  const seconds = Math.ceil(lengthMs / 1000);
  if (isLive(range)) return { from: agoText(seconds), to: 'now' };
  const { startMs, endMs } = resolveRange(range, nowMs);
  const middleMs = (startMs + endMs) / 2;
  const end = Math.min(nowMs, middleMs + lengthMs / 2);
  return absoluteRange({ startMs: end - lengthMs, endMs: end });
}

/** `now-2h` rather than `now-7200s`, as the range is offered. */
function agoText(seconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find((one) => seconds % ((UNITS_MS[one] ?? 1) / 1000) === 0) ?? 's';
  return `now-${seconds / ((UNITS_MS[unit] ?? 1000) / 1000)}${unit}`;
}

/**
 * What a person typed: `last 2h`, `15m`, `2026-01-31 14:00 to 2026-01-31 15:00`,
 * or a start alone. Times without a zone are local: `parseLocal` reads them.
 */
export function parseRange(
  text: string,
  parseLocal: (text: string) => number | undefined,
): TimeRange | undefined {
  const trimmed = text.trim().toLowerCase();
  const relative = /^(?:last\s*)?(\d{1,6})\s*(s|sec|m|min|h|d)$/.exec(trimmed);
  if (relative !== null) {
    const [, count = '', unit = ''] = relative;
    return { from: `now-${count}${unit.charAt(0)}`, to: 'now' };
  }
  const [from = '', to] = text.trim().split(/\s+(?:to|–|-|until)\s+/i);
  const startMs = parseLocal(from);
  if (startMs === undefined) return undefined;
  if (to === undefined) return { from: String(startMs), to: 'now' };
  const endMs = parseLocal(to);
  return endMs === undefined || endMs <= startMs ? undefined : absoluteRange({ startMs, endMs });
}

/** Step for a chart of about `points` points: a round number of seconds, 1 or more. */
export function chartStepMs({ startMs, endMs }: Interval, points: number): number {
  const wantedMs = (endMs - startMs) / points;
  return STEPS_S.map((seconds) => seconds * 1000).find((stepMs) => stepMs >= wantedMs) ?? 86_400_000;
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
