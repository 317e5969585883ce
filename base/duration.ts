/** Durations as Prometheus and Alertmanager write them: `1h30m`, `500ms`, `30d`. */

const UNIT_MS = {
  y: 31_536_000_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
} as const;
const PATTERN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of `text`, or undefined when it is no duration. `0` needs no unit. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = PATTERN.exec(text);
  if (text === '' || match === null) return undefined;
  const units = Object.values(UNIT_MS);
  let totalMs = 0;
  for (const [index, unitMs] of units.entries()) totalMs += Number(match[index + 1] ?? 0) * unitMs;
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** The shortest form {@link parseDurationMs} reads back; years and weeks are written as days. */
export function formatDuration(durationMs: number): string {
  let rest = Math.round(durationMs);
  if (rest === 0) return '0s';
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / UNIT_MS[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * UNIT_MS[unit];
  }
  return text;
}
