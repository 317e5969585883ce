/** What is kept with an incident of the stores' answers, as its panels show it. */
import { groupedStarts, type Change } from '#dashboards/console/core/incident/around.ts';
import { literalOf, templateOf } from '#dashboards/console/core/logs/patterns.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import type { Incident, KeptChange, KeptPart, KeptPattern } from '#dashboards/console/web/data/own-api.ts';

/** A template of log lines as a row. */
export interface PatternLine {
  readonly key: string;
  readonly service: string;
  readonly severity: string;
  /** Without what colours it in a terminal. */
  readonly template: string;
  /** Text that its lines have in common and that a search can find. */
  readonly literal: string;
  readonly count: number;
  readonly baselineCount: number;
  readonly isNew: boolean;
  readonly example: string;
}

export function patternLines(patterns: readonly KeptPattern[]): readonly PatternLine[] {
  return patterns.map(({ service, severity, pattern, count, baselineCount, example }) => ({
    key: [service, severity, pattern].join('\n'),
    service,
    severity,
    template: templateOf(pattern),
    literal: literalOf(pattern),
    count,
    baselineCount,
    isNew: baselineCount === 0,
    example,
  }));
}

/** Newest first; processes that started together are one change. */
export function changesOf(kept: readonly KeptChange[]): readonly Change[] {
  const isStart = ({ kind }: KeptChange): boolean => kind === 'start' || kind === 'restart';
  const others = kept
    .filter((change) => !isStart(change))
    .map(({ kind, atMs, service, detail }): Change => ({
      key: [kind, service, detail].join(' '),
      atMs,
      services: [service],
      kind: kind === 'version' || kind === 'silent' ? kind : 'operation',
      text: detail,
    }));
  return [...groupedStarts(kept.filter(isStart)), ...others].toSorted(
    (a, b) => (b.atMs ?? 0) - (a.atMs ?? 0),
  );
}

/** Within so long of the firing it is the same moment for people. */
const AT_ONCE_MS = 30_000;

/** `when it fired`, `12 min after it fired`. */
export function afterText(asOfMs: number, { startsAtMs }: Pick<Incident, 'startsAtMs'>): string {
  const afterMs = asOfMs - startsAtMs;
  return afterMs <= AT_ONCE_MS ? 'when it fired' : `${formatDuration(afterMs)} after it fired`;
}

/** Why a part is not there; undefined when it is. */
export function whyMissing({ state, reason }: KeptPart<unknown>): string | undefined {
  if (state === 'kept') return undefined;
  if (state === 'not-kept') return `Not kept, because ${reason ?? 'nobody could be asked'}.`;
  return reason === null
    ? 'It fired just now: what the stores tell is kept in a moment.'
    : `Not kept yet, because ${reason}. It is tried again.`;
}

/** Whether it may still change. */
export function isWaiting(parts: readonly KeptPart<unknown>[]): boolean {
  return parts.some(({ state }) => state === 'pending');
}
