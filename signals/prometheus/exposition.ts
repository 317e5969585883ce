/**
 * What a target shows on `/metrics`: the text format 0.0.4 and OpenMetrics 1.0.
 *
 *   text       = (blank | comment | sample)*
 *   comment    = `# HELP` name text | `# TYPE` name type | `# UNIT` name unit | `#` anything
 *   sample     = series value [timestamp] [`# ` labels value [timestamp]]
 *   series     = name [labels] | `{` "name" [`,` labels…] `}`
 *   labels     = `{` [name `=` "value" (`,` name `=` "value")* [`,`]] `}`
 *
 * OpenMetrics has times in seconds, exemplars, units, no blank lines, and ends
 * in `# EOF`: without it the answer was cut off. As in Prometheus one bad line
 * spoils the whole answer: half of the series would look like the other half
 * had vanished.
 */
import { CodedError, isCoded } from '#base/errors.ts';
import type { Labels } from '#signals/matchers.ts';
import { ExpositionLine } from '#signals/prometheus/exposition-line.ts';
import { boundText } from '#signals/prometheus/names.ts';
import type { MetricDescription } from '#signals/prometheus/sink.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

export interface ScrapedExemplar {
  readonly labels: Labels;
  readonly value: number;
  /** Undefined: it has none of its own. */
  readonly timeMs: number | undefined;
}

export interface ScrapedSample {
  /** With `__name__`; labels without a value are left out. */
  readonly labels: Labels;
  readonly value: number;
  /** Undefined: the time of the scrape. */
  readonly timeMs: number | undefined;
  readonly exemplar: ScrapedExemplar | undefined;
}

export interface Exposition {
  readonly samples: readonly ScrapedSample[];
  /** By the name of the family's series, without `_bucket` and the like. */
  readonly families: ReadonlyMap<string, MetricDescription>;
}

/** Families of one target; beyond it the answer is refused like one with too many samples. */
export const FAMILIES_MAX = 20_000;

/**
 * @param samplesMax beyond it nothing is read on
 * @throws CodedError `PLIM_BODY_MALFORMED` with the line, `PLIM_BODY_TOO_LARGE`
 */
export function parseExposition(text: string, format: ExpositionFormat, samplesMax: number): Exposition {
  const parser = new Parser(format, samplesMax);
  let line = 0;
  for (let start = 0; start < text.length;) {
    line += 1;
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    try {
      parser.line(text.slice(start, end));
    } catch (error) {
      if (!isCoded(error, 'PLIM_BODY_MALFORMED')) throw error;
      throw new CodedError('PLIM_BODY_MALFORMED', `line ${line}: ${error.message}`);
    }
    start = end + 1;
  }
  return parser.finish(line);
}

interface MutableFamily {
  type: string;
  help: string;
  unit: string;
}

const TYPES: Readonly<Record<ExpositionFormat, readonly string[]>> = {
  text: ['counter', 'gauge', 'histogram', 'summary', 'untyped'],
  openmetrics: ['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown'],
};

class Parser {
  readonly #format: ExpositionFormat;
  readonly #samplesMax: number;
  readonly #samples: ScrapedSample[] = [];
  readonly #families = new Map<string, MutableFamily>();
  #ended = false;

  constructor(format: ExpositionFormat, samplesMax: number) {
    this.#format = format;
    this.#samplesMax = samplesMax;
  }

  line(text: string): void {
    const line = new ExpositionLine(text.endsWith('\r') ? text.slice(0, -1) : text);
    if (this.#ended) line.fail('nothing may follow # EOF');
    if (text.startsWith('#')) {
      this.#comment(line);
    } else if (text.trim() !== '') {
      this.#sample(line);
    } else if (this.#format === 'openmetrics') {
      line.fail('OpenMetrics has no blank lines');
    }
  }

  finish(lines: number): Exposition {
    if (this.#format === 'openmetrics' && !this.#ended) {
      throw new CodedError(
        'PLIM_BODY_MALFORMED',
        `line ${lines}: the last line is not # EOF, so the answer may be cut off`,
      );
    }
    const families = new Map<string, MetricDescription>();
    for (const [name, family] of this.#families) {
      const type = describedType(family.type);
      families.set(this.#seriesName(name, family.type), { ...family, type });
    }
    return { samples: this.#samples, families };
  }

  #comment(line: ExpositionLine): void {
    if (line.text === '# EOF' && this.#format === 'openmetrics') {
      this.#ended = true;
      return;
    }
    const keyword = /^#[ \t]+(HELP|TYPE|UNIT)[ \t]+/.exec(line.text);
    if (keyword === null) return;
    line.position = keyword[0].length;
    const name = line.text[line.position] === '"' ? line.quoted() : line.metricName();
    const family = this.#family(name);
    const rest = line.text.slice(line.position).replace(/^[ \t]+/, '');
    if (keyword[1] === 'HELP') family.help = unescaped(rest, this.#format);
    else if (keyword[1] === 'UNIT') family.unit = rest.trim();
    else family.type = this.#type(line, rest.trim());
  }

  #type(line: ExpositionLine, type: string): string {
    const known = TYPES[this.#format];
    return known.includes(type) ? type : line.fail(`the type ${clip(type)} is none of ${known.join(', ')}`);
  }

  #family(name: string): MutableFamily {
    let family = this.#families.get(name);
    if (family === undefined) {
      if (this.#families.size >= FAMILIES_MAX) tooLarge(`${FAMILIES_MAX} metric families`);
      family = { type: 'unknown', help: '', unit: '' };
      this.#families.set(name, family);
    }
    return family;
  }

  #sample(line: ExpositionLine): void {
    if (this.#samples.length >= this.#samplesMax) tooLarge(`${this.#samplesMax} samples`);
    const labels = this.#withCanonicalBound(line.series());
    const value = line.value();
    const timeMs = line.atEnd() || line.atHash() ? undefined : this.#time(line);
    const exemplar = line.atHash() ? this.#exemplar(line) : undefined;
    if (!line.atEnd()) line.fail(`unexpected ${clip(line.text.slice(line.position))}`);
    this.#samples.push({ labels, value, timeMs, exemplar });
  }

  /** Bounds are part of the series' identity, so `1` has to be the `1.0` other ways in make of it. */
  #withCanonicalBound(labels: Labels): Labels {
    const label = this.#boundLabel(labels['__name__'] ?? '');
    const written = label === undefined ? undefined : labels[label];
    if (label === undefined || written === undefined) return labels;
    return Object.assign(labels, { [label]: canonicalBound(written) });
  }

  #boundLabel(name: string): 'le' | 'quantile' | undefined {
    if (this.#families.get(name)?.type === 'summary') return 'quantile';
    const isBucket = name.endsWith('_bucket') && this.#families.get(name.slice(0, -7))?.type === 'histogram';
    return isBucket ? 'le' : undefined;
  }

  #exemplar(line: ExpositionLine): ScrapedExemplar {
    if (this.#format === 'text') line.fail('exemplars need OpenMetrics');
    line.skipHash();
    const labels = line.labels();
    const value = line.value();
    return { labels, value, timeMs: line.atEnd() ? undefined : this.#time(line) };
  }

  #time(line: ExpositionLine): number {
    return this.#format === 'text' ? line.milliseconds() : line.seconds();
  }

  /** Counters and infos of OpenMetrics leave out the suffix their series have. */
  #seriesName(name: string, type: string): string {
    if (this.#format === 'text') return name;
    if (type === 'counter') return `${name}_total`;
    return type === 'info' ? `${name}_info` : name;
  }
}

/** Our word for a type: what has none is a gauge where it goes up and down, else unknown. */
function describedType(type: string): MetricDescription['type'] {
  switch (type) {
    case 'counter':
    case 'gauge':
    case 'histogram':
    case 'summary':
      return type;
    case 'info':
    case 'stateset':
      return 'gauge';
    default:
      return 'unknown';
  }
}

/** As Prometheus 3 keeps bounds; what is no number stays. */
function canonicalBound(written: string): string {
  if (/^\+?inf$/i.test(written)) return boundText(Infinity);
  const bound = /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(written) ? Number(written) : Number.NaN;
  return Number.isNaN(bound) ? written : boundText(bound);
}

/** Help text: `\n` and `\\`, in OpenMetrics `\"` too. */
function unescaped(text: string, format: ExpositionFormat): string {
  return text.replaceAll(/\\(.)/g, (whole, escaped: string) => {
    if (escaped === 'n') return '\n';
    return escaped === '\\' || (escaped === '"' && format === 'openmetrics') ? escaped : whole;
  });
}

function tooLarge(what: string): never {
  throw new CodedError('PLIM_BODY_TOO_LARGE', `more than ${what} in one answer`);
}

/** Foreign text in our messages is short and printable. */
function clip(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return printable.length > 40 ? `${printable.slice(0, 40)}…` : printable;
}
