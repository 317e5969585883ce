import type { ReactNode } from 'react';
import { rangeQuery } from '#dashboards/console/core/incident/around.ts';
import { afterText, whyMissing } from '#dashboards/console/core/incident/kept.ts';
import { useParameter } from '#dashboards/console/web/data/location.ts';
import type { Incident, KeptPart } from '#dashboards/console/web/data/own-api.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';
import type { Kept } from '#dashboards/console/web/pages/incidents/use-kept-evidence.ts';

const PARAMETER = 'evidence';
const NOW = 'now';

/** Whether the page asks the stores instead of showing what was kept. */
export function useAsksNow(): boolean {
  const [asked] = useParameter(PARAMETER);
  return asked === NOW;
}

/** To the present answers of the stores and back. */
export function EvidenceSwitch(): ReactNode {
  const [, setAsked] = useParameter(PARAMETER);
  const asksNow = useAsksNow();
  return (
    <button type="button" className="copy" onClick={() => setAsked(asksNow ? undefined : NOW)}>
      {asksNow ? 'as it was when it fired' : 'ask the stores now'}
    </button>
  );
}

interface KeptPanelProps<T> {
  readonly title: string;
  readonly meaning: string;
  readonly incident: Incident;
  readonly kept: Kept;
  readonly part: KeptPart<T> | undefined;
  readonly children: (value: T, range: ReturnType<typeof rangeQuery>) => ReactNode;
}

/** Evidence as it was, with the moment it is of; why, where there is none. */
export function KeptPanel<T>(props: KeptPanelProps<T>): ReactNode {
  const { title, meaning, incident, kept, part, children } = props;
  return (
    <Panel
      title={title}
      meaning={
        <>
          {meaning}
          {typeof part?.asOfMs === 'number' && (
            <>
              , as of <Time ms={part.asOfMs} />, {afterText(part.asOfMs, incident)}
            </>
          )}
        </>
      }
      actions={
        <>
          <EvidenceSwitch />
          <CopyCurl path={kept.path} />
        </>
      }
      loading={part === undefined && kept.error === undefined}
      error={kept.error}
    >
      {part !== undefined && <Part part={part}>{children}</Part>}
    </Panel>
  );
}

function Part<T>({
  part,
  children,
}: {
  readonly part: KeptPart<T>;
  readonly children: KeptPanelProps<T>['children'];
}): ReactNode {
  const { value, startMs, endMs } = part;
  const missing = whyMissing(part);
  if (missing !== undefined || value === null || startMs === null || endMs === null)
    return <Empty>{missing}</Empty>;
  return children(value, rangeQuery({ startMs, endMs }));
}
