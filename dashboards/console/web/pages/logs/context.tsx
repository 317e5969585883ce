import { useLayoutEffect, useMemo, useRef, type ReactNode } from 'react';
import { bothZones, formatTime } from '#dashboards/console/core/times.ts';
import { compareLines, lineOf, type LogLine } from '#dashboards/console/core/logs/line.ts';
import { logsPath, type Filter } from '#dashboards/console/core/logs/search.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import type { LogPage } from '#dashboards/console/web/data/own-api.ts';
import { LevelMark } from '#dashboards/console/web/pages/logs/level-mark.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

const AROUND_MAX = 160;

interface ContextProps {
  readonly line: LogLine;
  /** Lines before, and as many after. */
  readonly around: number;
  readonly address: (around: string) => string;
}

/** What the same service wrote before and after a line, whatever the page filters for. */
export function Context({ line, around, address }: ContextProps): ReactNode {
  const count = Math.min(AROUND_MAX, Math.max(1, Math.trunc(around) || 1));
  const filters: readonly Filter[] = line.service === '' ? [] : [{ name: 'service', value: line.service }];
  const limit = String(count + 1);
  const before = useJson<LogPage>(logsPath('', filters, { end: line.unixNanos, limit }), {
    keepAs: `before ${line.id}`,
  });
  const after = useJson<LogPage>(
    logsPath('', filters, { start: line.unixNanos, order: 'oldest-first', limit }),
    { keepAs: `after ${line.id}` },
  );
  const lines = useMemo(() => {
    const records = [...(after.data?.records.toReversed() ?? []), ...(before.data?.records ?? [])];
    const byId = new Map(records.map((record) => [record.id, lineOf(record)]));
    return [...byId.values(), ...(byId.has(line.id) ? [] : [line])].toSorted(compareLines);
  }, [before.data, after.data, line]);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const own = list.current?.querySelector<HTMLElement>('[aria-current]');
    // Only this list scrolls, not the page: the line stands in its middle.
    if (list.current !== null && own !== null && own !== undefined)
      list.current.scrollTop = own.offsetTop - (list.current.clientHeight - own.offsetHeight) / 2;
  }, [lines]);
  const error = before.error ?? after.error;
  return (
    <section className="log-context" aria-label={`Lines of ${line.service} around this one`}>
      <p className="hint">
        {line.service === '' ? 'All services' : `All of ${line.service}`}, newest first, without the filters
        of the page.
        {count < AROUND_MAX && (
          <>
            {' '}
            <Link to={address(String(Math.min(AROUND_MAX, count * 2)))}>Show twice as many</Link>
          </>
        )}
      </p>
      {error !== undefined && <Failure error={error} />}
      <div ref={list} className="log-around" tabIndex={0} role="group" aria-label="Lines around it">
        <ol>
          {lines.map((one) => (
            <li key={one.id} className="log-line" aria-current={one.id === line.id ? true : undefined}>
              <span className="log-time mono" title={bothZones(one.timeMs)}>
                {formatTime(one.timeMs, Date.now())}
              </span>
              <LevelMark level={one.level} />
              <bdi className="log-message mono">
                {one.message}
                {one.beside !== '' && <span className="log-beside"> {one.beside}</span>}
              </bdi>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
