import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { pathOf } from '#dashboards/console/core/route.ts';
import type { DependenciesAnswer, NamesAnswer } from '#dashboards/console/core/trace/answer.ts';
import { entryService, problemsOf, searchOf, searchPath } from '#dashboards/console/core/trace/search.ts';
import {
  heldList,
  scatterInterval,
  sortedSummaries,
  type TraceOrder,
  type TraceSummary,
} from '#dashboards/console/core/trace/summary.ts';
import { foundSentence } from '#dashboards/console/core/trace/words.ts';
import {
  changeQuery,
  keepingRange,
  useAddress,
  useParameter,
} from '#dashboards/console/web/data/location.ts';
import { useInterval } from '#dashboards/console/web/data/now.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { NoTraces } from '#dashboards/console/web/pages/traces/no-traces.tsx';
import { TraceScatter } from '#dashboards/console/web/pages/traces/scatter.tsx';
import { SearchForm } from '#dashboards/console/web/pages/traces/search-form.tsx';
import { TraceList } from '#dashboards/console/web/pages/traces/trace-list.tsx';
import { useTraceSearch } from '#dashboards/console/web/pages/traces/use-search.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { GrafanaLink } from '#dashboards/console/web/parts/grafana-link.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Waiting } from '#dashboards/console/web/parts/waiting.tsx';
import '#dashboards/console/web/pages/traces/traces.css';

/** Names of services change seldom. */
const SERVICES_MS = 10_000;
const NONE: readonly TraceSummary[] = [];

/** Search in traces: a point and a row each, followed while the page is live. */
export function TracesPage(): ReactNode {
  const { query } = useAddress();
  const search = useMemo(() => searchOf(query), [query]);
  const { names, entry, error } = useServices(search.service);
  const service = search.service === '' ? entry : search.service;
  const found = useTraceSearch(search, service);
  const interval = useInterval(1000);
  const path = searchPath(search, service, interval);
  const { traces = NONE } = found;
  return (
    <Page
      title="Traces"
      says={found.traces && foundSentence(found.traces, service ?? '', search.limit)}
      staleSinceMs={found.staleSinceMs}
      services={names}
      actions={<ToBoard service={service} />}
    >
      <SearchForm search={search} services={names ?? []} entry={entry} />
      <Panel
        title="Duration over time"
        meaning="A point is a trace, a triangle one with an error; it opens with a click."
        loading={found.loading}
        error={found.error ?? error}
        actions={path !== undefined && <CopyCurl path={path} />}
      >
        <TraceScatter traces={traces} interval={scatterInterval(traces, interval, search.limit)} />
      </Panel>
      <Found
        key={JSON.stringify([search, service])}
        traces={found.traces}
        isRefused={problemsOf(search).length > 0}
        isEmptyStore={names?.length === 0 && search.service === ''}
      />
    </Page>
  );
}

function ToBoard({ service }: { readonly service: string | undefined }): ReactNode {
  return service !== undefined && <GrafanaLink subject={{ board: 'service', service }} />;
}

/** Names of all services, and the one where requests begin. */
function useServices(chosen: string) {
  const services = useJson<NamesAnswer>('/api/services', { everyMs: SERVICES_MS });
  const dependencies = useJson<DependenciesAnswer>(chosen === '' ? '/api/dependencies' : undefined);
  const settled = dependencies.data !== undefined || dependencies.error !== undefined;
  const names = services.data?.data ?? undefined;
  const entry =
    settled && names !== undefined ? entryService(names, dependencies.data?.data ?? []) : undefined;
  return { names, entry, error: services.error };
}

interface FoundProps {
  readonly traces: readonly TraceSummary[] | undefined;
  readonly isRefused: boolean;
  readonly isEmptyStore: boolean;
}

function Found({ traces: answered, isRefused, isEmptyStore }: FoundProps): ReactNode {
  const traces = answered ?? NONE;
  const [sort, setSort] = useParameter('sort');
  const order: TraceOrder = sort === 'slowest' ? 'slowest' : 'newest';
  const sorted = useMemo(() => sortedSummaries(traces, order), [traces, order]);
  const { shown, waiting, onReading, showAll } = useHeld(sorted, order);
  const { picked, pick } = usePicked();
  return (
    <Panel
      title="Traces"
      className="trace-found"
      meaning={`${order === 'newest' ? 'Newest' : 'Slowest'} first. Choose two to compare them.`}
      actions={
        <>
          <CompareLink picked={picked} />
          <button type="button" aria-pressed={order === 'newest'} onClick={() => setSort(undefined)}>
            Newest
          </button>
          <button type="button" aria-pressed={order === 'slowest'} onClick={() => setSort('slowest')}>
            Slowest
          </button>
        </>
      }
    >
      <div aria-live="polite">
        <Waiting count={waiting} onShow={showAll} />
      </div>
      {shown.length === 0 ? (
        (answered !== undefined || isRefused || isEmptyStore) && (
          <NoTraces isRefused={isRefused} isEmptyStore={isEmptyStore} />
        )
      ) : (
        <TraceList traces={shown} picked={picked} onPick={pick} onReading={onReading} />
      )}
    </Panel>
  );
}

function CompareLink({ picked }: { readonly picked: readonly string[] }): ReactNode {
  const [left, right] = picked;
  if (left === undefined) return null;
  if (right === undefined)
    return (
      <>
        <span className="hint">one chosen, choose another</span>
        <button type="button" className="quiet" onClick={() => changeQuery({ pick: undefined })}>
          Clear
        </button>
      </>
    );
  return (
    <Link to={keepingRange(pathOf({ page: 'compare', left, right }))} className="as-button">
      Compare the two
    </Link>
  );
}

/** The two traces to compare; a third takes the place of the first. */
function usePicked(): { readonly picked: readonly string[]; readonly pick: (id: string) => void } {
  const [text] = useParameter('pick');
  const picked = useMemo(() => text.split(',').filter((id) => /^[0-9a-f]{1,32}$/.test(id)), [text]);
  const pick = useCallback((id: string) => {
    const before = (new URLSearchParams(location.search).get('pick') ?? '').split(',').filter(Boolean);
    const next = before.includes(id) ? before.filter((one) => one !== id) : [...before, id].slice(-2);
    changeQuery({ pick: next.join(',') }, 'replace');
  }, []);
  return { picked, pick };
}

/** Rows that are read stay; what is new waits. */
function useHeld(sorted: readonly TraceSummary[], order: TraceOrder) {
  const [held, setHeld] = useState<{
    readonly order: TraceOrder;
    readonly traces: readonly TraceSummary[];
  }>();
  const latest = useMemo(() => ({ sorted, order }), [sorted, order]);
  const [reading, setReading] = useState(false);
  const current = reading && held?.order === order ? held.traces : undefined;
  // What stands on screen when the reading begins is what is held.
  if (reading && held?.order !== order) setHeld({ order, traces: latest.sorted });
  const onReading = useCallback((is: boolean) => {
    setReading(is);
    setHeld(undefined);
  }, []);
  const showAll = useCallback(() => setHeld({ order: latest.order, traces: latest.sorted }), [latest]);
  return { ...heldList(sorted, current), onReading, showAll };
}
