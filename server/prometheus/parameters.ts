/** Parameters of Prometheus' API: from the URL and the form together. */
import { CodedError, isCoded } from '#base/errors.ts';
import { parseSeriesSelector } from '#promql/syntax/parser.ts';
import { durationSeconds } from '#promql/syntax/numbers.ts';
import type { Matcher } from '#signals/matchers.ts';

export type ParameterPair = readonly [name: string, value: string];

/** The widest times asked about when a request names none; safe integers of milliseconds. */
export const TIME_MS_MIN = Number.MIN_SAFE_INTEGER;
export const TIME_MS_MAX = Number.MAX_SAFE_INTEGER;

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

export function invalid(name: string, reason: string): CodedError {
  return new CodedError('PLIM_PARAMETER', `invalid parameter "${name}": ${reason}`);
}

/** Unknown parameters are ignored: Grafana sends some of its own. */
export class Parameters {
  readonly #pairs: readonly ParameterPair[];

  constructor(pairs: readonly ParameterPair[]) {
    this.#pairs = pairs;
  }

  /** The first value; an empty one counts as not given. */
  text(name: string): string | undefined {
    const value = this.#pairs.find(([other]) => other === name)?.[1];
    return value === '' ? undefined : value;
  }

  all(name: string): readonly string[] {
    return this.#pairs.filter(([other]) => other === name).map(([, value]) => value);
  }

  /**
   * Milliseconds of a time: float seconds or RFC 3339. Any time is fine, the
   * year 57000 too: Grafana probes with milliseconds where seconds belong.
   */
  timeMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const timeMs = FLOAT.test(text) ? Math.round(Number(text) * 1000) : parseRfc3339(text);
    if (timeMs === undefined || !Number.isSafeInteger(timeMs)) {
      throw invalid(name, `cannot parse "${text}" to a valid timestamp`);
    }
    // Minus zero would print as such.
    return timeMs + 0;
  }

  requiredTimeMs(name: string): number {
    const timeMs = this.timeMs(name);
    if (timeMs === undefined) throw invalid(name, 'cannot parse "" to a valid timestamp');
    return timeMs;
  }

  /** Milliseconds of a duration: float seconds or `5m`. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const seconds = FLOAT.test(text) ? Number(text) : durationSeconds(text);
    const durationMs = seconds === undefined ? NaN : Math.round(seconds * 1000);
    if (!Number.isSafeInteger(durationMs)) {
      throw invalid(name, `cannot parse "${text}" to a valid duration`);
    }
    return durationMs;
  }

  /** A count of at least 0; 0, the default, stands for no limit. */
  limit(name: string): number {
    const text = this.text(name);
    if (text === undefined) return 0;
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(value)) throw invalid(name, `"${text}" is not a number`);
    if (value < 0) throw invalid(name, 'limit must be non-negative');
    return value;
  }

  /** The sets of matchers of `match[]`. */
  matcherSets(): readonly (readonly Matcher[])[] {
    return this.all('match[]').map((text) => {
      try {
        return parseSeriesSelector(text).matchers;
      } catch (error) {
        throw isCoded(error, 'PLIM_PROMQL') ? invalid('match[]', error.message) : error;
      }
    });
  }

  /** `start` and `end`, by default all of time. */
  timeRange(): { readonly startMs: number; readonly endMs: number } {
    const startMs = this.timeMs('start') ?? TIME_MS_MIN;
    const endMs = this.timeMs('end') ?? TIME_MS_MAX;
    if (endMs < startMs) throw invalid('end', 'end timestamp must not be before start time');
    return { startMs, endMs };
  }
}

function parseRfc3339(text: string): number | undefined {
  const timeMs = RFC_3339.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
