/**
 * A sample's value as Prometheus prints it in its API: the shortest text that
 * reads back to the same number, an exponent (of two digits at least) only
 * below 1e-6 and from 1e21 on.
 */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const text = String(value);
  const exponent = text.indexOf('e');
  if (exponent < 0 || text.length - exponent > 3) return text;
  return `${text.slice(0, exponent + 2)}0${text.slice(exponent + 2)}`;
}

/** From this power of ten on, that notation has an exponent. */
const OPEN_METRICS_POWER_MAX = 6;

/** As a number stands in a label that tells of it: `0.5`, `1.0`, `1e-05`. */
export function formatOpenMetrics(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  if (value === 0) return '0.0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < OPEN_METRICS_POWER_MAX) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Never with an exponent: how `count_values` writes a value into a label. */
export function formatPlain(value: number): string {
  const text = formatValue(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, '0');
}

/** Milliseconds as the API's seconds: whole, or with exactly three decimals. */
export function formatTime(timeMs: number): string {
  const sign = timeMs < 0 ? '-' : '';
  const absolute = Math.abs(timeMs);
  const fraction = absolute % 1000;
  const whole = String(Math.floor(absolute / 1000));
  return fraction === 0 ? sign + whole : `${sign}${whole}.${String(fraction).padStart(3, '0')}`;
}
