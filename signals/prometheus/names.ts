/**
 * OTLP names and units in Prometheus' words (OpenTelemetry specification,
 * "Prometheus and OpenMetrics Compatibility"): illegal characters become `_`,
 * the unit becomes a suffix in words, monotonic sums end in `_total`.
 */
import { byKey } from '#base/by-key.ts';

const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
};
const PER_UNITS: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

export type PrometheusType = 'counter' | 'gauge' | 'histogram' | 'summary';

const METRIC_ILLEGAL = /[^a-zA-Z0-9_:]/g;

/** Name of the metric family; histograms and summaries get their suffixes per series. */
export function metricName(name: string, unit: string, type: PrometheusType): string {
  let full = cleaned(name, METRIC_ILLEGAL);
  for (const word of unitWords(unit, type)) {
    if (!full.split('_').includes(word)) full += `_${word}`;
  }
  if (type === 'counter') full = `${full.replace(/_total$/, '')}_total`;
  return legalBegin(full);
}

/** The name of a metric without a word of its unit or its type. */
export function plainName(name: string): string {
  return legalBegin(cleaned(name, METRIC_ILLEGAL));
}

function legalBegin(name: string): string {
  return /^\d/.test(name) ? `_${name}` : name;
}

/** Label name; a name that begins with a digit gets `key_` before it. */
export const labelName = byKey((key) => {
  const clean = key.replace(/[^a-zA-Z0-9_]/g, '_');
  if (/^\d/.test(clean)) return `key_${clean}`;
  return /^_[^_]/.test(clean) && !key.startsWith('_') ? `key${clean}` : clean;
});

function unitWords(unit: string, type: PrometheusType): string[] {
  const plain = unit.replace(/\{[^}]*\}/g, '').trim();
  if (plain === '1') return type === 'gauge' ? ['ratio'] : [];
  const [main = '', per] = plain.split('/', 2);
  const words: string[] = [];
  const mainWord = UNITS[main] ?? cleaned(main, /[^a-zA-Z0-9]/g);
  if (mainWord !== '') words.push(mainWord);
  if (per !== undefined && per !== '') words.push('per', PER_UNITS[per] ?? cleaned(per, /[^a-zA-Z0-9]/g));
  return words;
}

function cleaned(text: string, illegal: RegExp): string {
  return text.replace(illegal, '_').replace(/_{2,}/g, '_').replace(/_$/, '');
}

/**
 * A bound as Prometheus 3 writes `le` and `quantile` (OpenMetrics canonical
 * numbers): the shortest digits, with an exponent of two digits at least from
 * 1e+06 on and below 1e-04, else with a fraction at least of `.0`.
 */
export function boundText(bound: number): string {
  if (Number.isNaN(bound)) return 'NaN';
  if (!Number.isFinite(bound)) return bound > 0 ? '+Inf' : '-Inf';
  const [digits = '', exponentText = '0'] = bound.toExponential().split('e');
  const exponent = Number(exponentText);
  if (bound !== 0 && (exponent < -4 || exponent >= 6)) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const text = Object.is(bound, -0) ? '-0' : String(bound);
  return text.includes('.') ? text : `${text}.0`;
}
