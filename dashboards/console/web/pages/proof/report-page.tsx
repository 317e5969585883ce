import type { ReactNode } from 'react';
import { figuresOf, timelineOf, type Report, type World } from '#dashboards/console/core/proof/report.ts';
import { formatBytes, formatCount } from '#dashboards/console/core/numbers.ts';
import { pathOf, type Route } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';
import { PhaseTable } from '#dashboards/console/web/pages/proof/phase-table.tsx';
import { PhaseTimeline } from '#dashboards/console/web/pages/proof/phase-timeline.tsx';
import '#dashboards/console/web/pages/proof/proof.css';

type ReportRoute = Extract<Route, { readonly page: 'proof-report' }>;

/** One proof: passed or why not, the figures with what they allow to say, every phase. */
export function ReportPage({ route }: { readonly route: ReportRoute }): ReactNode {
  const path = `${OWN}/proofs/${encodeURIComponent(route.id)}`;
  const { data: report, error } = useJson<Report>(path);
  return (
    <Page
      title="Proof"
      says={
        <>
          <Link to={pathOf({ page: 'proof' })}>Chaos & proof</Link>
          {report !== undefined && (
            <>
              {' '}
              · run <Time ms={Date.parse(report.startedAt)} />, took {formatDuration(report.tookMs)}
            </>
          )}
        </>
      }
      actions={
        <>
          <a href={`${path}/report.html`} target="_blank" rel="noreferrer">
            Self-contained HTML
          </a>
          <CopyCurl path={path} />
        </>
      }
    >
      {error !== undefined &&
        (error.status === 404 ? (
          <Empty>There is no proof with this name. It may have been cleared away.</Empty>
        ) : (
          <Failure error={error} />
        ))}
      {report !== undefined && <Body report={report} />}
    </Page>
  );
}

function Body({ report }: { readonly report: Report }): ReactNode {
  const { score, worlds, machine, commit } = report;
  return (
    <div className="grid">
      <div className="wide">
        <Verdict report={report} />
      </div>
      {figuresOf(score).map(({ name, meaning, value, bound, isFull }) => (
        <div key={name} className="quarter">
          <Panel title={name}>
            <p className="label">{meaning}</p>
            <p className={`big-number ${isFull || value === '–' ? '' : 'state-burning'}`}>{value}</p>
            <p className="hint">{bound}</p>
          </Panel>
        </div>
      ))}
      {worlds.map((world) => (
        <div key={world.kind} className="wide">
          <WorldPanel world={world} deadlineMs={report.limits.deadlineMs} />
        </div>
      ))}
      <div className="wide">
        <p className="hint">
          {commit !== null && `Commit ${commit.slice(0, 12)} · `}
          {machine.cpus} × {machine.cpuModel}, {formatBytes(machine.memoryBytes)}, {machine.system}, Node{' '}
          {machine.node}
        </p>
      </div>
    </div>
  );
}

function Verdict({ report: { passed, reasons, score } }: { readonly report: Report }): ReactNode {
  const { secondsFromPolicy, secondsFromFirstHurt, resolvedAfterSeconds, duplicates } = score;
  const spreads = [
    ['page after its policy held', secondsFromPolicy],
    ['page after the first user was hurt', secondsFromFirstHurt],
    ['all-clear after the fault ended', resolvedAfterSeconds],
  ] as const;
  return (
    <section className="panel" aria-label="Verdict">
      <p className="proof-verdict">
        <StateMark state={passed ? 'ok' : 'burning'} word={passed ? 'Passed' : 'Failed'} />
      </p>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p className="label">
        {spreads
          .flatMap(([name, spread]) =>
            spread === null
              ? []
              : [
                  `${name}: median ${formatDuration(spread.median * 1000)}, at most ${formatDuration(spread.max * 1000)}`,
                ],
          )
          .join(' · ')}
        {duplicates > 0 && ` · ${duplicates} further pages for the same faults`}
      </p>
    </section>
  );
}

function WorldPanel({
  world,
  deadlineMs,
}: {
  readonly world: World;
  readonly deadlineMs: number;
}): ReactNode {
  const { kind, divisor, requests, rows, seed, strays } = world;
  const windows = divisor === 1 ? 'windows as written' : `windows ÷ ${divisor}`;
  return (
    <Panel
      title={`World: ${kind}`}
      meaning={`${windows}, ${formatCount(requests)} requests of users, seed ${seed}; a page may come ${formatDuration(deadlineMs)} after its policy held`}
    >
      <PhaseTimeline label={`Faults of ${kind} over time`} timeline={timelineOf(world)} />
      <PhaseTable rows={rows} />
      {strays.length > 0 && (
        <p className="failure">
          {strays.length} false pages outside of every phase: {strays.map(({ sloId }) => sloId).join(', ')}
        </p>
      )}
    </Panel>
  );
}
