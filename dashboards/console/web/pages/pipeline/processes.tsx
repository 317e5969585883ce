import type { ReactNode } from 'react';
import { formatBytes, formatNumber } from '#dashboards/console/core/numbers.ts';
import { samplesOf, type TextPage } from '#dashboards/console/core/prometheus-text.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { useNow } from '#dashboards/console/web/data/now.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';

interface Build {
  readonly version: string;
  readonly node: string;
  readonly startedAtMs: number;
}

const BUILD = `${OWN}/build`;
const AGAIN_MS = 30_000;

/** The program itself: since when it runs, what it holds, what had to be started again. */
export function Processes({ page }: { readonly page: TextPage | undefined }): ReactNode {
  const build = useJson<Build>(BUILD, { everyMs: AGAIN_MS });
  const now = useNow();
  const memory = page === undefined ? [] : memoryOf(page);
  const restarts = page === undefined ? [] : samplesOf(page, 'plimsoll_thread_restarts_total');
  const again = restarts.filter(({ value }) => value > 0);
  return (
    <Panel
      className="half"
      title="Plimsoll itself"
      meaning={build.data && `${build.data.version} on Node ${build.data.node}`}
      error={build.error}
      loading={build.loading && build.data === undefined}
      actions={<CopyCurl path={BUILD} />}
    >
      <dl className="facts">
        {build.data !== undefined && (
          <>
            <dt>runs for</dt>
            <dd>{formatDuration(now - build.data.startedAtMs)}</dd>
          </>
        )}
        {memory.map(({ name, bytes }) => (
          <div key={name} className="fact">
            <dt>memory of {name}</dt>
            <dd>{formatBytes(bytes)}</dd>
          </div>
        ))}
        {restarts.length > 0 && (
          <>
            <dt>parts restarted</dt>
            <dd>
              {again.length === 0 ? (
                <StateMark state="ok" word="none" />
              ) : (
                again.map(({ labels, value }) => (
                  <span key={labels['thread']} className="state-ticket">
                    ◆ {labels['thread']} {formatNumber(value)}×{' '}
                  </span>
                ))
              )}
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

function memoryOf(page: TextPage): readonly { readonly name: string; readonly bytes: number }[] {
  return [
    ...samplesOf(page, 'plimsoll_process_resident_memory_bytes').map(({ labels, value }) => ({
      name: `${labels['process'] ?? ''} process`,
      bytes: value,
    })),
    ...samplesOf(page, 'plimsoll_store_resident_memory_bytes').map(({ labels, value }) => ({
      name: `${labels['store'] ?? ''} process`,
      bytes: value,
    })),
  ];
}
