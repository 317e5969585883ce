/** Prometheus' text format, as `/metrics` of the platform is written in it. */

export interface TextSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples by name. */
export type TextPage = ReadonlyMap<string, readonly TextSample[]>;

/** No page of ours is longer; the rest is left unread. */
const LINES_MAX = 50_000;
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Lines that cannot be read are left out. Of samples with equal labels the last one stays. */
export function parsePrometheusText(text: string): TextPage {
  const found = new Map<string, Map<string, TextSample>>();
  for (const line of text.split('\n', LINES_MAX)) {
    const match = line.startsWith('#') ? null : LINE.exec(line.trim());
    if (match === null) continue;
    const [, name = '', inBraces = '', number = ''] = match;
    const value = numberOf(number);
    if (value === undefined) continue;
    const samples = found.get(name) ?? new Map<string, TextSample>();
    samples.set(inBraces, { name, labels: labelsOf(inBraces), value });
    found.set(name, samples);
  }
  return new Map([...found].map(([name, samples]) => [name, [...samples.values()]]));
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) labels[name] = unescaped(value);
  return labels;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

function numberOf(text: string): number | undefined {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  if (text === 'NaN') return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** The samples of a metric whose labels have these values. */
export function samplesOf(
  page: TextPage,
  name: string,
  where: Readonly<Record<string, string>> = {},
): readonly TextSample[] {
  const wanted = Object.entries(where);
  return (page.get(name) ?? []).filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value));
}

/** Their sum; undefined when there is none. */
export function sumOf(
  page: TextPage,
  name: string,
  where: Readonly<Record<string, string>> = {},
): number | undefined {
  const samples = samplesOf(page, name, where);
  return samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0);
}
