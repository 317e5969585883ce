/** Numbers and durations as PromQL writes them. */

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  y: 31_536_000,
  w: 604_800,
  d: 86_400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
};
const DURATION = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/;
const DECIMAL = /^(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^0x[\da-f_]+$/i;
/** Longest duration: what 64-bit nanoseconds hold, about 292 years. */
export const DURATION_SECONDS_MAX = 9_223_372_036;

/** Seconds of `1h30m`; undefined when `text` is no duration. */
export function durationSeconds(text: string): number | undefined {
  if (text === '' || !DURATION.test(text)) return undefined;
  let totalMs = 0;
  for (const [, digits = '', unit = ''] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) {
    totalMs += Math.round(Number(digits) * (UNIT_SECONDS[unit] ?? 0) * 1000);
  }
  return totalMs / 1000;
}

/** A number, a duration in seconds, `Inf` or `NaN` (any case); undefined when it is none. */
export function parseNumber(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === 'inf') return Infinity;
  if (lower === 'nan') return NaN;
  const plain = text.replaceAll('_', '');
  if (HEXADECIMAL.test(text)) return Number(plain);
  if (DECIMAL.test(text)) return /^0[0-7]+$/.test(plain) ? Number.parseInt(plain, 8) : Number(plain);
  return durationSeconds(text);
}
