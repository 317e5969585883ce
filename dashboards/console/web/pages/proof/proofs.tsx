import type { ReactNode } from 'react';
import { shareText, type ProofList } from '#dashboards/console/core/proof/report.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { Copy, CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

const COMMAND = 'npx plimsoll prove --quick';
const POLL_MS = 10_000;

/** Proofs that were run, newest first, and how to run one. */
export function Proofs(): ReactNode {
  const { data, error, loading } = useJson<ProofList>(`${OWN}/proofs`, { everyMs: POLL_MS });
  const absent = error?.status === 404;
  return (
    <Panel
      title="Proofs"
      meaning="does each fault page, in time, with the right name?"
      actions={<CopyCurl path={`${OWN}/proofs`} />}
      loading={loading && data === undefined}
      error={absent ? undefined : error}
    >
      {(absent || data?.proofs.length === 0) && (
        <Empty>
          No proof has been run {absent ? 'where this platform looks' : 'here'} yet. One takes about seven
          minutes and needs nothing that runs now.
        </Empty>
      )}
      <ol className="proof-list" data-rows>
        {(data?.proofs ?? []).map(({ id, startedAt, tookMs, passed, score, worlds, reasons }) => (
          <li key={id}>
            <StateMark state={passed ? 'ok' : 'burning'} word={passed ? 'passed' : 'failed'} />
            <div>
              <Link to={pathOf({ page: 'proof-report', id })}>
                <Time ms={Date.parse(startedAt)} />
              </Link>{' '}
              <span className="hint">
                took {formatDuration(tookMs)}, {worlds.reduce((sum, { phases }) => sum + phases, 0)} phases
              </span>
              <p className="label">
                recall {shareText(score.recall)} · precision {shareText(score.precision)} · blame{' '}
                {shareText(score.blameTop1)}
              </p>
              {reasons[0] !== undefined && <p className="hint">{reasons[0]}</p>}
            </div>
          </li>
        ))}
      </ol>
      {(data?.problems ?? []).map(({ id, message }) => (
        <p key={id} className="hint">
          {id}: {message}
        </p>
      ))}
      <p className="proof-command">
        <code>{COMMAND}</code> <Copy text={COMMAND} label="copy" />
      </p>
      <p className="hint">It starts demos of its own beside this one, and breaks those.</p>
    </Panel>
  );
}
