import { useMemo, type ReactNode } from 'react';
import { pathOf, type Route } from '#dashboards/console/core/route.ts';
import {
  COMPARE_FILTERS,
  compareTraces,
  filteredRows,
  type CompareFilter,
  type Comparison,
} from '#dashboards/console/core/trace/compare.ts';
import type { TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { differenceSentence, microsText, nameText } from '#dashboards/console/core/trace/words.ts';
import { keepingRange, useParameter } from '#dashboards/console/web/data/location.ts';
import { CompareTable } from '#dashboards/console/web/pages/traces/compare-table.tsx';
import { TraceStrip } from '#dashboards/console/web/pages/traces/minimap.tsx';
import { NoTrace } from '#dashboards/console/web/pages/traces/no-trace.tsx';
import { ServiceName } from '#dashboards/console/web/pages/traces/service-name.tsx';
import { ServiceStyles } from '#dashboards/console/web/parts/series-name.tsx';
import { useTrace, type ShownTrace } from '#dashboards/console/web/pages/traces/use-trace.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';
import { Waiting } from '#dashboards/console/web/parts/waiting.tsx';
import '#dashboards/console/web/pages/traces/traces.css';

const NAMES: Readonly<Record<CompareFilter, string>> = {
  all: 'All',
  both: 'In both',
  left: 'Only left',
  right: 'Only right',
};

/** Two traces against one another: where the second one lost or won its time. */
export function ComparePage({
  route,
}: {
  readonly route: Extract<Route, { readonly page: 'compare' }>;
}): ReactNode {
  const left = useTrace(route.left);
  const right = useTrace(route.right);
  const comparison = useMemo(
    () =>
      left.tree === undefined || right.tree === undefined ? undefined : compareTraces(left.tree, right.tree),
    [left.tree, right.tree],
  );
  const names = [left, right].flatMap(({ tree }) => tree?.services.map(({ name }) => name) ?? []);
  const scaleUs = Math.max(left.tree?.durationUs ?? 0, right.tree?.durationUs ?? 0);
  const says =
    comparison === undefined ? '' : differenceSentence(lengthOf(left.tree), lengthOf(right.tree), comparison);
  return (
    <Page
      title="Compare traces"
      says={says}
      actions={
        <Link to={keepingRange(pathOf({ page: 'compare', left: route.right, right: route.left }))}>
          Swap left and right
        </Link>
      }
    >
      <ServiceStyles names={names}>
        <div className="grid">
          <Side name="Left" id={route.left} trace={left} scaleUs={scaleUs} />
          <Side name="Right" id={route.right} trace={right} scaleUs={scaleUs} />
          {comparison !== undefined && (
            <Differences comparison={comparison} left={route.left} right={route.right} />
          )}
        </div>
      </ServiceStyles>
    </Page>
  );
}

/** What its caller waited for. */
function lengthOf(tree: TraceTree | undefined): number {
  return tree?.nodes[tree.root]?.durationUs ?? 0;
}

interface SideProps {
  readonly name: string;
  readonly id: string;
  readonly trace: ShownTrace;
  /** Both strips have one scale, so that their lengths can be compared. */
  readonly scaleUs: number;
}

function Side({ name, id, trace, scaleUs }: SideProps): ReactNode {
  const { tree, loaded, path } = trace;
  if (tree === undefined)
    return (
      <div className="half">
        <NoTrace id={id} error={loaded.error} loading={loaded.loading} />
      </div>
    );
  const root = tree.nodes[tree.root];
  const length = microsText(lengthOf(tree));
  return (
    <Panel
      title={name}
      className="half"
      meaning={<Time ms={tree.startUs / 1000} exact />}
      actions={<CopyCurl path={path} />}
    >
      <p className="compare-root">
        <Link to={keepingRange(pathOf({ page: 'trace', id }))}>
          <ServiceName name={root?.service ?? ''} /> <b>{nameText(root?.operation ?? '')}</b>
        </Link>{' '}
        <b>{length}</b>{' '}
        <span className="label">
          {tree.nodes.length} spans{tree.failed > 0 ? ', ' : ''}
        </span>
        {tree.failed > 0 && <span className="state-burning">▲ {tree.failed} failed</span>}
      </p>
      <Waiting count={trace.waiting} onShow={trace.showWaiting} />
      <TraceStrip tree={tree} scaleUs={scaleUs} label={`${name}: ${tree.nodes.length} spans in ${length}`} />
    </Panel>
  );
}

interface DifferencesProps {
  readonly comparison: Comparison;
  readonly left: string;
  readonly right: string;
}

function Differences({ comparison, left, right }: DifferencesProps): ReactNode {
  const [only, setOnly] = useParameter('only');
  const filter = COMPARE_FILTERS.find((one) => one === only) ?? 'all';
  const rows = filteredRows(comparison, filter);
  const counts: Readonly<Record<CompareFilter, number>> = {
    all: comparison.rows.length,
    both: comparison.matched,
    left: comparison.onlyLeft,
    right: comparison.onlyRight,
  };
  return (
    <Panel
      title="Differences"
      className="wide"
      meaning="Spans match by services and operations from the root down. The largest difference in time by itself stands first."
      actions={COMPARE_FILTERS.map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={filter === one}
          onClick={() => setOnly(one === 'all' ? undefined : one)}
        >
          {NAMES[one]} <span className="hint">{counts[one]}</span>
        </button>
      ))}
    >
      {rows.length === 0 ? (
        <Empty>Nothing is of this kind: every path is in the other trace too.</Empty>
      ) : (
        <CompareTable rows={rows} left={left} right={right} />
      )}
    </Panel>
  );
}
