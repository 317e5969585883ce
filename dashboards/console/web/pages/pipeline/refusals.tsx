import type { ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import type { Refusal } from '#dashboards/console/core/pipeline/refusals.ts';
import { sumOf, type TextPage } from '#dashboards/console/core/prometheus-text.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

interface RefusalsProps {
  /** Undefined until the first page of metrics. */
  readonly refusals: readonly Refusal[] | undefined;
  readonly error: ApiError | undefined;
  readonly page: TextPage | undefined;
}

/** Who refuses what, and why, in sentences. */
export function Refusals({ refusals, error, page }: RefusalsProps): ReactNode {
  const startedS = page && sumOf(page, 'process_start_time_seconds');
  return (
    <Panel
      className="wide"
      title="Refused and lost"
      meaning={
        startedS === undefined ? undefined : (
          <>
            counted since the start at <Time ms={startedS * 1000} />
          </>
        )
      }
      loading={refusals === undefined}
      error={refusals === undefined ? error : undefined}
      actions={<CopyCurl path="/metrics" />}
    >
      <div id="refusals" />
      {refusals?.length === 0 && (
        <p>
          <StateMark state="ok" word="nothing" /> has been refused or lost.
        </p>
      )}
      {refusals !== undefined && refusals.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Refused and lost">
          <table className="refusals">
            <thead>
              <tr>
                <th>Who</th>
                <th className="number">How many</th>
                <th>What became of it</th>
                <th>Why, and the way out</th>
              </tr>
            </thead>
            <tbody>
              {refusals.map(({ key, who, count, what, why, code, lost }) => (
                <tr key={key}>
                  <td className="no-wrap">{who}</td>
                  <td className="number">
                    {formatNumber(count)} {what}
                  </td>
                  <td>
                    {lost ? (
                      <StateMark state="ticket" word="not kept" />
                    ) : (
                      <StateMark state="idle" word="told to the sender" />
                    )}
                  </td>
                  <td className="reasons">
                    {why} {code !== undefined && <span className="hint mono">{code}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
