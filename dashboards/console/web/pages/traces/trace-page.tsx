import type { ReactNode } from 'react';
import type { Route } from '#dashboards/console/core/route.ts';
import { firstCause, traceSentence } from '#dashboards/console/core/trace/cause.ts';
import type { TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { nameText } from '#dashboards/console/core/trace/words.ts';
import { changeQuery, useAddress } from '#dashboards/console/web/data/location.ts';
import { Minimap } from '#dashboards/console/web/pages/traces/minimap.tsx';
import { NoTrace } from '#dashboards/console/web/pages/traces/no-trace.tsx';
import { Operations } from '#dashboards/console/web/pages/traces/operations.tsx';
import { ServiceStyles } from '#dashboards/console/web/parts/series-name.tsx';
import { SpanDetail } from '#dashboards/console/web/pages/traces/span-detail.tsx';
import { TraceActions, TraceHead } from '#dashboards/console/web/pages/traces/trace-head.tsx';
import { TraceTools } from '#dashboards/console/web/pages/traces/trace-tools.tsx';
import {
  NO_SPAN,
  useTraceView,
  type TraceView,
} from '#dashboards/console/web/pages/traces/use-trace-view.ts';
import { useTrace, type ShownTrace } from '#dashboards/console/web/pages/traces/use-trace.ts';
import { Waterfall } from '#dashboards/console/web/pages/traces/waterfall.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Waiting } from '#dashboards/console/web/parts/waiting.tsx';
import '#dashboards/console/web/pages/traces/traces.css';

/** One trace: what took how long, what was waited for, what failed first and why. */
export function TracePage({
  route,
}: {
  readonly route: Extract<Route, { readonly page: 'trace' }>;
}): ReactNode {
  const trace = useTrace(route.id);
  const { tree, loaded, path } = trace;
  if (tree === undefined)
    return (
      <Page title="Trace" staleSinceMs={loaded.staleSinceMs}>
        <NoTrace id={route.id} error={loaded.error} loading={loaded.loading} />
      </Page>
    );
  const root = tree.nodes[tree.root];
  const cause = firstCause(tree);
  return (
    <Page
      title={root === undefined ? 'Trace' : `${nameText(root.service)} ${nameText(root.operation)}`}
      says={traceSentence(tree, cause, trace.critical)}
      staleSinceMs={loaded.staleSinceMs}
      actions={<TraceActions tree={tree} path={path} />}
    >
      <TraceOnScreen trace={trace} tree={tree} cause={cause} />
    </Page>
  );
}

interface TraceOnScreenProps {
  readonly trace: ShownTrace;
  readonly tree: TraceTree;
  readonly cause: number | undefined;
}

function TraceOnScreen({ trace, tree, cause }: TraceOnScreenProps): ReactNode {
  const { critical } = trace;
  const shown = useTraceView(tree, critical, cause);
  const { selected, goTo } = shown;
  return (
    <ServiceStyles names={tree.services.map(({ name }) => name)}>
      <TraceHead tree={tree} onNextFailed={() => shown.toNextFailed(1)} />
      <div className="grid trace-grid">
        <div className={selected === undefined ? 'wide left' : 'main left'}>
          <WaterfallPanel trace={trace} tree={tree} shown={shown} />
          <Operations tree={tree} critical={critical} />
        </div>
        {selected !== undefined && (
          <div className="side">
            <SpanDetail
              tree={tree}
              critical={critical}
              processes={trace.loaded.data?.data?.[0]?.processes ?? {}}
              node={selected}
              isFirstCause={selected.index === cause}
              onSelect={(node, how) => goTo(node.index, how)}
              onClose={() => changeQuery({ span: NO_SPAN })}
            />
          </div>
        )}
      </div>
    </ServiceStyles>
  );
}

interface WaterfallPanelProps {
  readonly trace: ShownTrace;
  readonly tree: TraceTree;
  readonly shown: TraceView;
}

function WaterfallPanel({ trace, tree, shown }: WaterfallPanelProps): ReactNode {
  const { query } = useAddress();
  return (
    <Panel
      title="Waterfall"
      meaning="Underlined: the critical path, what the caller waited for."
      actions={<CopyCurl path={trace.path} />}
      error={trace.loaded.error}
    >
      <TraceTools tree={tree} shown={shown} />
      {shown.isUnknown && (
        <p className="failure" role="status">
          The span {nameText(query.get('span') ?? '')} is not among the spans of this trace: it has not been
          sent, or is still on its way.
        </p>
      )}
      <div aria-live="polite">
        <Waiting count={trace.waiting} onShow={trace.showWaiting} />
      </div>
      <Minimap tree={tree} view={shown.view} onView={(z) => changeQuery({ z })} />
      <Waterfall tree={tree} critical={trace.critical} shown={shown} />
    </Panel>
  );
}
