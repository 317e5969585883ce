import type { ReactNode } from 'react';
import { around, aroundStart, rangeQuery } from '#dashboards/console/core/incident/around.ts';
import { reasonOf } from '#dashboards/console/core/incident/words.ts';
import { formatShare } from '#dashboards/console/core/numbers.ts';
import { logsTarget, tracesTarget } from '#dashboards/console/core/links.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { Bar } from '#dashboards/console/web/parts/bar.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';

/** Where it comes from, the likeliest first, each with what was seen and where to see it. */
export function Suspects({ incident }: { readonly incident: Incident }): ReactNode {
  const { suspects } = incident.evidence;
  const range = rangeQuery(aroundStart(incident));
  return (
    <Panel title="Suspects" meaning="by what callers and callees reported when it fired; likeliest first">
      {suspects.length === 0 && (
        <Empty>
          No service stood out: nothing that was called failed more or took longer than before. Look at a
          failing trace below.
        </Empty>
      )}
      <ol className="incident-suspects">
        {suspects.map((suspect) => (
          <li key={suspect.service}>
            <div className="incident-suspect-head">
              <strong>
                <SeriesName name={suspect.service} />
              </strong>
              <Bar
                ratio={suspect.score}
                color="var(--burning)"
                label={`${formatShare(suspect.score)} of the burn leads to ${suspect.service}`}
              />
              <span className="label">{formatShare(suspect.score)}</span>
            </div>
            <p>{reasonOf(suspect)}</p>
            <p className="incident-links">
              <Link to={around(tracesTarget(suspect.service, { errors: true }), range)}>Failing traces</Link>
              <Link to={around(logsTarget(suspect.service), range)}>Logs around the start</Link>
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
