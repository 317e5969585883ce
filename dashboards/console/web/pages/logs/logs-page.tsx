import { useMemo, type ReactNode } from 'react';
import { formatCount } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { isLive, type Interval, type TimeRange } from '#dashboards/console/core/time-range.ts';
import type { LogFacets, LogHistogram, LogPatterns } from '#dashboards/console/core/logs/answers.ts';
import { alignedBuckets } from '#dashboards/console/core/logs/histogram.ts';
import {
  addressWith,
  filtersOf,
  logsPath,
  toNanos,
  type Filter,
} from '#dashboards/console/core/logs/search.ts';
import { useAddress, useTimeRange } from '#dashboards/console/web/data/location.ts';
import { useInterval } from '#dashboards/console/web/data/now.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { Facets } from '#dashboards/console/web/pages/logs/facets.tsx';
import { FilterChips, Filters } from '#dashboards/console/web/pages/logs/filters.tsx';
import { Histogram } from '#dashboards/console/web/pages/logs/histogram.tsx';
import { LinesPanel } from '#dashboards/console/web/pages/logs/lines-panel.tsx';
import { PatternsPanel } from '#dashboards/console/web/pages/logs/patterns-panel.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import '#dashboards/console/web/pages/logs/logs.css';

const BARS = 90;
/** Counts are refreshed so often while the page is live; each is a question to the store. */
const HISTOGRAM_MS = 5000;
const VALUES_MS = 30_000;

/** Logs: what was written, when, by whom; what is new among it; and what is being written now. */
export function LogsPage(): ReactNode {
  const { query } = useAddress();
  const [range] = useTimeRange();
  const written = JSON.stringify(filtersOf(query));
  const filters = useMemo(() => JSON.parse(written) as readonly Filter[], [written]);
  const asPatterns = query.get('view') === 'patterns';
  const { histogram, facets, patterns } = useSummaries(filters, range, asPatterns);

  const refused = [histogram, facets].find(({ loaded }) => loaded.error?.status === 401)?.loaded.error;
  // Each panel would ask for the same key.
  if (refused !== undefined)
    return (
      <Page title="Logs">
        <Failure error={refused} />
      </Page>
    );
  const here = (view: string | undefined): string => addressWith(location.pathname, query, { view });
  const values = facets.loaded.data?.facets.find(({ key }) => key === 'service')?.values ?? [];
  const services = values.map(({ value }) => value);
  return (
    <Page
      title="Logs"
      says={says(histogram.loaded.data, patterns.interval, isLive(range))}
      staleSinceMs={histogram.loaded.staleSinceMs}
      services={services}
      actions={
        <nav className="log-views" aria-label="Views">
          <Link to={here(undefined)} current={!asPatterns}>
            Lines
          </Link>
          <Link to={here('patterns')} current={asPatterns}>
            Patterns
          </Link>
        </nav>
      }
    >
      <Filters services={services} />
      <FilterChips />
      <div className="log-grid">
        <Histogram {...histogram} />
        <Facets {...facets} />
        {asPatterns ? <PatternsPanel {...patterns} /> : <LinesPanel filters={filters} />}
      </div>
    </Page>
  );
}

function says(data: LogHistogram | undefined, { startMs, endMs }: Interval, live: boolean): string {
  if (data === undefined) return '';
  const time = `in ${live ? 'the last' : 'these'} ${formatDuration(endMs - startMs)}`;
  const total = data.buckets.reduce((sum, bucket) => sum + bucket.total, 0);
  const errors = data.buckets.reduce((sum, { counts }) => sum + counts.error + counts.fatal, 0);
  if (total === 0) return `No line ${time}.`;
  const bad = errors === 0 ? 'none of them an error' : `${formatCount(errors)} of them errors`;
  return `${formatCount(total)} lines ${time}, ${bad}.`;
}

/** Counts beside the lines: each refreshed at its own pace, the last answer stays meanwhile. */
function useSummaries(filters: readonly Filter[], range: TimeRange, asPatterns: boolean) {
  const soon = alignedBuckets(useInterval(HISTOGRAM_MS), BARS);
  const { startMs, endMs } = useInterval(VALUES_MS);
  const times = { start: toNanos(startMs), end: toNanos(endMs) };
  const same = JSON.stringify([filters, range]);
  const histogramPath = logsPath('/histogram', filters, {
    start: toNanos(soon.startMs),
    end: toNanos(soon.endMs),
    buckets: String(soon.buckets),
  });
  const facetsPath = logsPath('/facets', filters, times);
  const patternsPath = logsPath('/patterns', filters, {
    ...times,
    baseline_start: toNanos(startMs - (endMs - startMs)),
  });
  const histogram = useJson<LogHistogram>(histogramPath, { keepAs: same });
  const facets = useJson<LogFacets>(facetsPath, { keepAs: same });
  const patterns = useJson<LogPatterns>(asPatterns ? patternsPath : undefined, { keepAs: same });
  return {
    histogram: { path: histogramPath, loaded: histogram, interval: soon },
    facets: { path: facetsPath, loaded: facets },
    patterns: { path: patternsPath, loaded: patterns, interval: { startMs, endMs } },
  };
}
