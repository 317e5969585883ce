/** Time zones: how far their clocks are ahead of UTC, at any time. */

export interface ZoneOffsets {
  /** Milliseconds by which local clocks are ahead at a time in UTC. */
  offsetMs(utcMs: number): number;
  /**
   * When local clocks show a time: the first such moment, and where clocks were
   * set forward over it the moment they were. `near` is an offset to try first.
   */
  utcOf(localMs: number, near: number): number;
}

const SHIFT = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/;
const UTC_NAMES = new Set(['utc', 'z', 'gmt', 'etc/utc', 'ut', 'uct', 'zulu']);
/** Clocks are only ever set at whole quarters of an hour. */
const QUARTER_MS = 900_000;
/** Quarters of hours remembered: 40 days. */
const REMEMBERED_MAX = 4096;

/** Whether {@link zoneOffsets} knows the name. */
export function isTimeZone(name: string): boolean {
  if (UTC_NAMES.has(name.toLowerCase()) || SHIFT.test(name)) return true;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function zoneOffsets(name: string): ZoneOffsets {
  if (UTC_NAMES.has(name.toLowerCase())) return fixed(0);
  const shift = SHIFT.exec(name);
  if (shift !== null) return fixed(shiftMs(shift));
  return named(name);
}

function shiftMs([, sign, hours, minutes, seconds]: RegExpExecArray): number {
  const ms = (Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === '-' ? -ms : ms;
}

function fixed(shift: number): ZoneOffsets {
  return { offsetMs: () => shift, utcOf: (localMs) => localMs - shift };
}

function named(timeZone: string): ZoneOffsets {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const known = new Map<number, number>();
  const offsetMs = (utcMs: number): number => {
    const quarter = Math.floor(utcMs / QUARTER_MS);
    let offset = known.get(quarter);
    if (offset === undefined) {
      const parts = format.formatToParts(quarter * QUARTER_MS);
      const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
      const shift = SHIFT.exec(text.replace('GMT', ''));
      offset = shift === null ? 0 : shiftMs(shift);
      if (known.size >= REMEMBERED_MAX) known.clear();
      known.set(quarter, offset);
    }
    return offset;
  };
  return {
    offsetMs,
    utcOf: (localMs, near) => {
      const first = localMs - near;
      const around = [offsetMs(first - DAY_MS), offsetMs(first + DAY_MS), near];
      const fitting = around
        .map((offset) => localMs - offset)
        .filter((utc) => utc + offsetMs(utc) === localMs);
      if (fitting.length > 0) return Math.min(...fitting);
      return transition(offsetMs, first - DAY_MS, first + DAY_MS);
    },
  };
}

const DAY_MS = 86_400_000;

/** When the clocks were set, between two times with different offsets. */
function transition(offsetMs: (utcMs: number) => number, from: number, to: number): number {
  let [low, high] = [Math.floor(from / QUARTER_MS), Math.ceil(to / QUARTER_MS)];
  const before = offsetMs(low * QUARTER_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(middle * QUARTER_MS) === before) low = middle;
    else high = middle;
  }
  return high * QUARTER_MS;
}
