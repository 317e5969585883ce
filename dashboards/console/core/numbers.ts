/**
 * Numbers as people read them: three significant digits and a unit. Missing is
 * "–", zero is "0"; what is not a number never looks like one.
 */

export const MISSING = '–';

const SIGNIFICANT = 3;

/** Three significant digits, thousands separated by thin spaces from 10,000 on. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e15 || magnitude < 1e-6) return minus(value.toExponential(SIGNIFICANT - 1));
  if (magnitude >= 100 || Number.isInteger(value)) return minus(groupThousands(Math.round(value)));
  return minus(trimZeros(value.toPrecision(SIGNIFICANT)));
}

/** Large counts shortened: 1 234 567 → `1.23 M`. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return formatNumber(value);
  return scaled(value, 1000, ['', ' k', ' M', ' G', ' T']);
}

/** Bytes in binary units: `2.1 GiB`. */
export function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return formatNumber(value);
  return scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
}

/** Events a second: `42.1 /s`, or `3.2 /min` when there are few. */
export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return MISSING;
  if (perSecond === 0) return '0 /s';
  if (Math.abs(perSecond) < 0.1) return `${formatNumber(perSecond * 60)} /min`;
  return `${scaled(perSecond, 1000, ['', ' k', ' M', ' G'])} /s`;
}

/**
 * A share in percent. Close to 100 as many digits as it takes to tell it from
 * 100, because `99.99 %` and `99.9 %` are different promises.
 */
export function formatShare(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return MISSING;
  const percent = ratio * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent > 99 && percent < 100) {
    const digits = Math.min(6, Math.max(2, Math.ceil(-Math.log10(100 - percent)) + 1));
    // Rounding up to 100 would say something that is not so.
    const scale = 10 ** digits;
    return `${trimZeros((Math.floor(percent * scale + 1e-6) / scale).toFixed(digits))} %`;
  }
  return `${formatNumber(percent)} %`;
}

/** A burn rate: `14.4×`. */
export function formatBurn(rate: number | null | undefined): string {
  return rate === null || rate === undefined ? MISSING : `${formatNumber(rate)}×`;
}

/** An id shortened in the middle: it is copied whole. */
export function shortId(id: string): string {
  return id.length <= 12 ? id : `${id.slice(0, 6)}…${id.slice(-4)}`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let index = 0;
  let rest = value;
  // 999.6 would be shown as 1,000: the next unit says it in fewer digits.
  while (Math.abs(rest) >= base - 0.5 && index < units.length - 1) {
    rest /= base;
    index += 1;
  }
  return `${formatNumber(rest)}${units[index] ?? ''}`;
}

function groupThousands(value: number): string {
  const text = String(value);
  return Math.abs(value) < 10_000 ? text : text.replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function minus(text: string): string {
  return text.replace('-', '−');
}
