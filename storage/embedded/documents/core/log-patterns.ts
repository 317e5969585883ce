/** Log records counted by service, severity and the template of their message. */
import { severityRange } from '#signals/severity.ts';
import type { LogPattern } from '#storage/ports.ts';
import { templateOf } from '#storage/embedded/documents/core/log-template.ts';

export interface PatternRecord {
  readonly id: string;
  readonly service: string;
  readonly severityNumber: number;
  readonly message: string;
  readonly unixNanos: bigint;
}

interface Found {
  readonly pattern: Pick<LogPattern, 'pattern' | 'service' | 'severity'>;
  count: number;
  baselineCount: number;
  firstUnixNanos: bigint;
  newest: PatternRecord;
}

export class PatternCounter {
  readonly #found = new Map<string, Found>();

  add(record: PatternRecord): void {
    const pattern = patternOf(record);
    const key = keyOf(pattern);
    const { unixNanos } = record;
    const found = this.#found.get(key);
    if (found === undefined) {
      const newest = record;
      this.#found.set(key, { pattern, count: 1, baselineCount: 0, firstUnixNanos: unixNanos, newest });
      return;
    }
    found.count += 1;
    if (unixNanos < found.firstUnixNanos) found.firstUnixNanos = unixNanos;
    if (isNewer(record, found.newest)) found.newest = record;
  }

  /** After all of {@link add}: what is only in the baseline is of no interest. */
  addBaseline(record: Pick<PatternRecord, 'service' | 'severityNumber' | 'message'>): void {
    const found = this.#found.get(keyOf(patternOf(record)));
    if (found !== undefined) found.baselineCount += 1;
  }

  /** The frequent first, of equal ones the newer. */
  result(patternsMax: number): readonly LogPattern[] {
    return [...this.#found.values()]
      .toSorted((a, b) => b.count - a.count || (isNewer(a.newest, b.newest) ? -1 : 1))
      .slice(0, patternsMax)
      .map(({ pattern, count, baselineCount, firstUnixNanos, newest }) => ({
        ...pattern,
        count,
        baselineCount,
        firstUnixNanos,
        lastUnixNanos: newest.unixNanos,
        exampleId: newest.id,
        example: newest.message,
      }));
  }
}

function patternOf({ service, severityNumber, message }: Omit<PatternRecord, 'id' | 'unixNanos'>) {
  return { pattern: templateOf(message), service, severity: severityRange(severityNumber) };
}

function keyOf({ service, severity, pattern }: Found['pattern']): string {
  return JSON.stringify([service, severity, pattern]);
}

/** Of the same time one is as good as the other, as long as it is always the same. */
function isNewer(a: PatternRecord, b: PatternRecord): boolean {
  return a.unixNanos === b.unixNanos ? a.id > b.id : a.unixNanos > b.unixNanos;
}
