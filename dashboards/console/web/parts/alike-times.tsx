import type { ReactNode } from 'react';
import type { AlikeTraces } from '#dashboards/console/core/incident/alike.ts';
import type { TraceSummary } from '#dashboards/console/core/incident/spans.ts';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

/** As many as an incident keeps; where there are more a search has them. */
const SHOWN_MAX = 20;

interface AlikeTimesProps {
  readonly group: AlikeTraces<TraceSummary>;
  readonly addressOf: (trace: TraceSummary) => string;
  /** Address of a search that finds more of them than are shown. */
  readonly rest?: string;
}

/** The traces that a row stands for beside its newest, each by its time. */
export function AlikeTimes({ group: { others }, addressOf, rest }: AlikeTimesProps): ReactNode {
  if (others.length === 0) return null;
  const left = others.length - SHOWN_MAX;
  return (
    <ul className="alike-times">
      <li className="hint">and alike at</li>
      {others.slice(0, SHOWN_MAX).map((trace) => (
        <li key={trace.traceId}>
          <Link to={addressOf(trace)} title={`took ${formatDuration(trace.durationMs)}`}>
            <Time ms={trace.startMs} exact />
          </Link>
        </li>
      ))}
      {left > 0 && rest !== undefined && (
        <li>
          <Link to={rest}>{formatNumber(left)} older</Link>
        </li>
      )}
    </ul>
  );
}

/** `2.79 ms – 19.1 ms`, or the one duration. */
export function tookText({ shortestMs, longestMs }: AlikeTraces<unknown>): string {
  const [least, most] = [formatDuration(shortestMs), formatDuration(longestMs)];
  return least === most ? most : `${least} – ${most}`;
}
