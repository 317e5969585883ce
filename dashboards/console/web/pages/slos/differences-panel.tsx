import { useMemo, type ReactNode } from 'react';
import { differences, type Difference } from '#dashboards/console/core/differences.ts';
import { taggedTarget, tracesTarget } from '#dashboards/console/core/links.ts';
import { formatShare } from '#dashboards/console/core/numbers.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { Bar } from '#dashboards/console/web/parts/bar.tsx';
import { Breakable } from '#dashboards/console/web/parts/breakable.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import type { SideTraces } from '#dashboards/console/web/pages/slos/use-sides.ts';

/** What bad traces have in common that good ones have not, surest first. */
export function DifferencesPanel({ sides }: { readonly sides: SideTraces }): ReactNode {
  const { bad, good } = sides.sides;
  const found = useMemo(() => differences(bad, good), [bad, good]);
  const nothing = whyNothing(bad.length, good.length);
  return (
    <Panel
      title="What bad events have in common"
      meaning={
        sides.loading
          ? 'Bad traces and good ones are being compared.'
          : `Attributes of ${bad.length} bad traces beside ${good.length} good ones, over-represented first.`
      }
      loading={sides.loading}
      error={sides.error}
    >
      {found.length > 0 && <DifferenceTable found={found} />}
      {found.length === 0 && !sides.loading && <p className="label">{nothing}</p>}
    </Panel>
  );
}

function whyNothing(bad: number, good: number): string {
  if (bad === 0) return 'No bad event in this time range. Choose a longer one above to see earlier ones.';
  if (good === 0) return 'No good trace in this time range to compare with: everything fails alike.';
  return 'No attribute is surely more frequent among the bad ones: they fail alike, or are too few to tell.';
}

function DifferenceTable({ found }: { readonly found: readonly Difference[] }): ReactNode {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Attributes of bad events">
      <table className="differences">
        <thead>
          <tr>
            <th>Service</th>
            <th>Attribute</th>
            <td className="share-bar" />
            <th className="number">In bad traces</th>
            <td className="share-bar" />
            <th className="number">In good ones</th>
          </tr>
        </thead>
        <tbody>
          {found.map((one) => (
            <DifferenceRow key={`${one.service} ${one.key} ${one.value}`} one={one} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DifferenceRow({ one }: { readonly one: Difference }): ReactNode {
  const { service, key, value, failing, healthy, failingRatio, healthyRatio } = one;
  const { path, query } =
    key === 'operation' ? tracesTarget(service, { operation: value }) : taggedTarget(service, key, value);
  return (
    <tr>
      <td>
        <SeriesName name={service} />
      </td>
      <td className="difference">
        <Link to={keepingRange(path, query)} title="Traces that have it">
          <span className="mono">
            <Breakable text={key} /> = {value === '' ? '""' : value}
          </span>
        </Link>
      </td>
      <td className="share-bar">
        <Bar ratio={failingRatio} color="var(--burning)" label={`${failing} bad traces have it`} />
      </td>
      <td className="number">{formatShare(failingRatio)}</td>
      <td className="share-bar">
        <Bar ratio={healthyRatio} color="var(--ok)" label={`${healthy} good traces have it`} />
      </td>
      <td className="number">{formatShare(healthyRatio)}</td>
    </tr>
  );
}
