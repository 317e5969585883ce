/** Which templates of messages are worth a look: new ones, then those that grew. */
import type { LogPattern } from '#dashboards/console/core/logs/answers.ts';

export interface RankedPattern extends LogPattern {
  readonly key: string;
  readonly isNew: boolean;
  /** Now against before; null for new ones. */
  readonly growth: number | null;
  /** The template without what colours it in a terminal. */
  readonly template: string;
  /** Text that its lines have in common and that a search can find. */
  readonly literal: string;
}

/** Patterns that differ in their service alone: the first, and the others. */
export type PatternGroup<T> = readonly [T, ...T[]];

/**
 * Patterns of several services that say the same, in the order of the first of
 * each. What is new in one service and usual in another is in two groups.
 */
export function groupedPatterns<
  T extends { readonly severity: string; readonly template: string; readonly isNew: boolean },
>(patterns: readonly T[]): readonly PatternGroup<T>[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const pattern of patterns) {
    const key = [pattern.severity, pattern.isNew, pattern.template].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pattern]);
    else group.push(pattern);
  }
  return [...groups.values()];
}

export interface GroupCounts {
  readonly count: number;
  readonly baselineCount: number;
  /** Now against before; null for new ones. */
  readonly growth: number | null;
}

/** Of a group as if one service had written it all. */
export function countsOf(
  group: PatternGroup<{ readonly count: number; readonly baselineCount: number }>,
): GroupCounts {
  const count = group.reduce((sum, one) => sum + one.count, 0);
  const baselineCount = group.reduce((sum, one) => sum + one.baselineCount, 0);
  return { count, baselineCount, growth: baselineCount === 0 ? null : count / baselineCount };
}

/** A literal shorter than this is in lines of all kinds. */
const LITERAL_CHARS_MIN = 3;

/** Escape sequences of terminals; their numbers have become placeholders as well. */
const ESCAPE = '\u001B';
const COLOURS = new RegExp(`${ESCAPE}\\[(?:<num>|[0-9;])*[A-Za-z]`, 'g');

export function rankPatterns(patterns: readonly LogPattern[]): readonly RankedPattern[] {
  return patterns
    .map((pattern) => ({
      ...pattern,
      key: [pattern.service, pattern.severity, pattern.pattern].join('\n'),
      isNew: pattern.baselineCount === 0,
      growth: pattern.baselineCount === 0 ? null : pattern.count / pattern.baselineCount,
      template: templateOf(pattern.pattern),
      literal: literalOf(pattern.pattern),
    }))
    .toSorted(
      (a, b) => Number(b.isNew) - Number(a.isNew) || severityRank(b) - severityRank(a) || b.count - a.count,
    );
}

const BAD: Readonly<Record<string, number>> = { fatal: 3, error: 2, warn: 1 };

/** Severity first among new ones only: of the rest the many are what one knows. */
function severityRank({ isNew, severity }: RankedPattern): number {
  return isNew ? (BAD[severity] ?? 0) : 0;
}

/** Without what colours it in a terminal. */
export function templateOf(pattern: string): string {
  return pattern.replaceAll(COLOURS, '');
}

/** The longest text between placeholders; `''` when there is none to speak of. */
export function literalOf(pattern: string): string {
  const parts = pattern
    .replaceAll(COLOURS, '\n')
    .split(/<(?:num|id|str|ip)>|…|\n/)
    .map((part) => part.trim());
  const longest = parts.reduce((best, part) => (part.length > best.length ? part : best), '');
  return longest.length >= LITERAL_CHARS_MIN ? longest : '';
}
