import { useMemo, type ReactNode } from 'react';
import { acceptedOf, lagMs, rateOf, type Look } from '#dashboards/console/core/pipeline/history.ts';
import { derivedRate, receiversOf } from '#dashboards/console/core/pipeline/receivers.ts';
import { refusalsOf } from '#dashboards/console/core/pipeline/refusals.ts';
import { pipelineSays } from '#dashboards/console/core/pipeline/sentence.ts';
import type { TextPage } from '#dashboards/console/core/prometheus-text.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { useNow } from '#dashboards/console/web/data/now.ts';
import type { Pipeline } from '#dashboards/console/web/data/own-api.ts';
import { Consumers } from '#dashboards/console/web/pages/pipeline/consumers.tsx';
import { Exporters } from '#dashboards/console/web/pages/pipeline/exporters.tsx';
import { Journal } from '#dashboards/console/web/pages/pipeline/journal.tsx';
import { Ledger } from '#dashboards/console/web/pages/pipeline/ledger.tsx';
import { Processes } from '#dashboards/console/web/pages/pipeline/processes.tsx';
import { Receivers } from '#dashboards/console/web/pages/pipeline/receivers.tsx';
import { Refusals } from '#dashboards/console/web/pages/pipeline/refusals.tsx';
import { Stores } from '#dashboards/console/web/pages/pipeline/stores.tsx';
import { useLooks, useMetricsPages } from '#dashboards/console/web/pages/pipeline/use-history.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { GrafanaLink } from '#dashboards/console/web/parts/grafana-link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import '#dashboards/console/web/pages/pipeline/pipeline.css';

const GLYPHS = { ok: '●', idle: '–', ticket: '◆', burning: '▲' } as const;

/** Plimsoll's own plumbing: what comes in, what waits on disk, who has read it, and what was refused. */
export function PipelinePage(): ReactNode {
  const { data, error, staleSinceMs } = useLive('pipeline');
  const looks = useLooks(data);
  const pages = useMetricsPages();
  const nowMs = useNow();
  const receivers = useMemo(() => receiversOf(pages.looks), [pages.looks]);
  const page = pages.looks.at(-1)?.page;
  const refusals = useMemo(() => (page === undefined ? undefined : refusalsOf(page)), [page]);
  const consumers = useMemo(() => [...new Set(data?.rows.map(({ consumer }) => consumer))], [data]);
  const lags = consumers.map((consumer) => ({ consumer, lagMs: lagMs(looks, consumer) }));
  const [worst] = lags.toSorted((a, b) => (b.lagMs ?? Infinity) - (a.lagMs ?? Infinity));
  // With one look only nobody knows how far behind a consumer is.
  const known = looks.length > 1 ? worst : undefined;
  const rate = rateOf(looks, acceptedOf);
  const says = data === undefined ? undefined : pipelineSays({ ...data, worst: known, rate, nowMs });
  return (
    <Page
      title="Pipeline"
      says={
        says !== undefined && (
          <>
            <span className={`state-${says.tone}`} aria-hidden="true">
              {GLYPHS[says.tone]}
            </span>{' '}
            {says.text}
          </>
        )
      }
      staleSinceMs={staleSinceMs}
      actions={
        <>
          <GrafanaLink subject={{ board: 'pipeline' }} />
          <CopyCurl path={`${OWN}/ledger`} />
        </>
      }
    >
      {data === undefined ? (
        <Panel title="Ledger" loading error={error}>
          <Empty>Waiting for the first look at the pipeline; it comes once a second.</Empty>
        </Panel>
      ) : (
        <>
          <div className="flow">
            <Receivers
              receivers={receivers}
              derived={derivedRate(pages.looks, receivers)}
              error={pages.error}
              awaited={page === undefined}
            />
            <Journal journal={data.journal} looks={looks} pages={pages.looks} />
            <Readers data={data} looks={looks} page={page} />
          </div>
          <div className="grid">
            <Ledger rows={data.rows} />
            <Refusals refusals={refusals} error={pages.error} page={page} />
            <Stores stores={data.stores} />
            <Processes page={page} />
          </div>
        </>
      )}
    </Page>
  );
}

/** Those that make something of it here, and those that send it on. */
function Readers({
  data: { rows, exporters },
  looks,
  page,
}: {
  readonly data: Pipeline;
  readonly looks: readonly Look[];
  readonly page: TextPage | undefined;
}): ReactNode {
  const here = rows.filter(({ consumer }) => !exporters.some((one) => one.consumer === consumer));
  return (
    <div className="flow-stack">
      {here.length > 0 && <Consumers rows={here} looks={looks} page={page} />}
      <Exporters exporters={exporters} rows={rows} looks={looks} page={page} />
    </div>
  );
}
