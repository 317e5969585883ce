import { memo, useEffect, useRef, useState, type ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import type { TraceSummary } from '#dashboards/console/core/trace/summary.ts';
import { nameText } from '#dashboards/console/core/trace/words.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { ServiceName } from '#dashboards/console/web/pages/traces/service-name.tsx';
import { useServiceClass } from '#dashboards/console/web/parts/series-name.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

/** Services of a row that are named; the rest is counted. */
const SERVICES_MAX = 4;

interface TraceListProps {
  readonly traces: readonly TraceSummary[];
  readonly picked: readonly string[];
  readonly onPick: (id: string) => void;
  /** Somebody reads: the rows should stay where they are. */
  readonly onReading: (reading: boolean) => void;
}

/** Found traces as a table. The bar of the longest is full. */
export function TraceList({ traces, picked, onPick, onReading }: TraceListProps): ReactNode {
  const body = useRef<HTMLTableSectionElement>(null);
  const longestMs = traces.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  useReading(body, onReading);
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Traces, table">
      <table className="trace-list">
        <thead>
          <tr>
            <th>
              <span className="visually-hidden">Compare</span>
            </th>
            <th>Start</th>
            <th>Trace</th>
            <th className="duration">Duration</th>
            <th className="number">Spans</th>
            <th className="number">Errors</th>
            <th>Services</th>
          </tr>
        </thead>
        <tbody ref={body}>
          {traces.map((trace) => (
            <TraceRow
              key={trace.id}
              trace={trace}
              longestMs={longestMs}
              picked={picked.includes(trace.id)}
              onPick={onPick}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface TraceRowProps {
  readonly trace: TraceSummary;
  readonly longestMs: number;
  readonly picked: boolean;
  readonly onPick: (id: string) => void;
}

const TraceRow = memo(function TraceRow({ trace, longestMs, picked, onPick }: TraceRowProps): ReactNode {
  const { id, rootService, rootOperation, rootMissing, spans, failed, startMs, durationMs, services } = trace;
  const more = services.length - SERVICES_MAX;
  return (
    <tr className={picked ? 'picked' : undefined}>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare ${nameText(rootService)} ${nameText(rootOperation)}, ${formatDuration(durationMs)}`}
          checked={picked}
          onChange={() => onPick(id)}
        />
      </td>
      <td className="when">
        <Time ms={startMs} exact />
      </td>
      <td className="root">
        <Link to={keepingRange(pathOf({ page: 'trace', id }))} className="trace-link">
          <ServiceName name={rootService} /> <b>{nameText(rootOperation)}</b>
        </Link>
        {rootMissing && (
          <span className="hint" title="The span that began this trace has not been sent">
            {' '}
            root missing
          </span>
        )}
      </td>
      <td className="duration">
        <DurationBar durationMs={durationMs} longestMs={longestMs} service={rootService} />
      </td>
      <td className={`number spans ${spans === 1 ? 'one' : ''}`}>{formatNumber(spans)}</td>
      <td className={`number errors ${failed === 0 ? 'none' : ''}`}>
        {failed === 0 ? '0' : <span className="state-burning">▲ {formatNumber(failed)}</span>}
      </td>
      <td className="services">
        {services.slice(0, SERVICES_MAX).map(({ name, spans: count }) => (
          <ServiceName key={name} name={name} count={count} />
        ))}
        {more > 0 && (
          <span
            className="hint"
            title={services
              .slice(SERVICES_MAX)
              .map(({ name }) => nameText(name))
              .join(', ')}
          >
            and {more} more
          </span>
        )}
      </td>
    </tr>
  );
});

function DurationBar(props: {
  readonly durationMs: number;
  readonly longestMs: number;
  readonly service: string;
}): ReactNode {
  const { durationMs, longestMs, service } = props;
  const percent = longestMs === 0 ? 0 : (durationMs / longestMs) * 100;
  return (
    <span className={`duration-bar ${useServiceClass(service)}`}>
      <span className="figure">{formatDuration(durationMs)}</span>
      <span className="track" aria-hidden="true">
        <span className="fill" style={{ width: `${percent}%` }} />
      </span>
    </span>
  );
}

/** With the pointer or the focus on a row, or scrolled down, somebody reads. */
function useReading(
  body: { readonly current: HTMLElement | null },
  onReading: (reading: boolean) => void,
): void {
  const [signs, setSigns] = useState({ pointer: false, focus: false, scrolled: false });
  const reading = signs.pointer || signs.focus || signs.scrolled;
  useEffect(() => onReading(reading), [reading, onReading]);
  useEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    const stop = new AbortController();
    const { signal } = stop;
    const on = (name: string, sign: Partial<typeof signs>): void =>
      element.addEventListener(name, () => setSigns((before) => ({ ...before, ...sign })), { signal });
    on('pointerenter', { pointer: true });
    on('pointerleave', { pointer: false });
    on('focusin', { focus: true });
    on('focusout', { focus: false });
    const scrolled = (): void =>
      setSigns((before) => {
        const is = element.getBoundingClientRect().top < 0;
        return is === before.scrolled ? before : { ...before, scrolled: is };
      });
    addEventListener('scroll', scrolled, { signal, passive: true });
    return () => stop.abort();
  }, [body]);
}
