import type { ReactNode } from 'react';
import { levelOf } from '#dashboards/console/core/logs/answers.ts';
import { lineOf } from '#dashboards/console/core/logs/line.ts';
import { logsPath } from '#dashboards/console/core/logs/search.ts';
import { formatTime } from '#dashboards/console/core/times.ts';
import { pathOf, withQuery } from '#dashboards/console/core/route.ts';
import type { Span } from '#dashboards/console/core/trace/answer.ts';
import type { LogPage } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { Section } from '#dashboards/console/web/pages/traces/tag-table.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

const LINES_MAX = 50;
/** Times of lines and spans come from one clock or from two. */
const AROUND_MS = 60_000;

/** What was written while the span went on, by whoever named it. */
export function SpanLogs({ span }: { readonly span: Span }): ReactNode {
  const asked = { trace_id: span.traceID, span_id: span.spanID };
  const path = logsPath(
    '',
    [
      { name: 'trace_id', value: span.traceID },
      { name: 'span_id', value: span.spanID },
    ],
    { order: 'oldest-first', limit: String(LINES_MAX) },
  );
  const { data, error } = useJson<LogPage>(path);
  const records = data?.records ?? [];
  const startMs = span.startTime / 1000;
  const times = {
    from: String(Math.floor(startMs - AROUND_MS)),
    to: String(Math.ceil(startMs + span.duration / 1000 + AROUND_MS)),
  };
  const page = (more: Readonly<Record<string, string>>): string =>
    withQuery(pathOf({ page: 'logs' }), { ...times, ...more });
  return (
    <Section name="logs" title="Logs" count={records.length} isOpen>
      {error !== undefined && <Failure error={error} />}
      {data !== undefined && records.length === 0 && <p className="hint">This span wrote no line.</p>}
      <ul className="span-logs">
        {records.map((record) => {
          const line = lineOf(record);
          const bad = ['error', 'fatal'].includes(levelOf(record.severityNumber));
          return (
            <li key={record.id}>
              <span className="hint">{formatTime(line.timeMs, line.timeMs)}</span>{' '}
              <span className={bad ? 'state-burning' : 'hint'}>
                {bad ? '▲ ' : ''}
                {line.level}
              </span>{' '}
              <span className="mono">{line.message}</span>
            </li>
          );
        })}
      </ul>
      <p className="chips">
        {records.length > 0 && <Link to={page(asked)}>These lines, with what they say</Link>}
        <Link to={page({ trace_id: span.traceID })}>All lines of the trace</Link> <CopyCurl path={path} />
      </p>
    </Section>
  );
}
