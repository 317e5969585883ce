import type { ReactNode } from 'react';
import { storyOf } from '#dashboards/console/core/incident/story.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Ago, Time } from '#dashboards/console/web/parts/time.tsx';

const GLYPHS = { burning: '▲', ok: '●', ticket: '◆', idle: '–' } as const;

/** What happened, oldest first, each with the time since the step before. */
export function Timeline({ incident }: { readonly incident: Incident }): ReactNode {
  const moments = storyOf(incident);
  return (
    <Panel title="Timeline" meaning={<Started ms={incident.startsAtMs} />}>
      <ol className="incident-timeline">
        {moments.map(({ key, atMs, title, mark, text, by, afterMs, times }) => (
          <li key={key}>
            {afterMs !== null && <span className="incident-gap">+ {formatDuration(afterMs)}</span>}
            <div className="incident-moment">
              <span className={`incident-glyph state-${mark}`} aria-hidden="true">
                {GLYPHS[mark]}
              </span>
              <div>
                <strong>{title}</strong>
                {by !== '' && <> by {by}</>}
                {times > 1 && <span className="label"> ×{times}</span>}
                <span className="hint">
                  {' '}
                  <Time ms={atMs} exact />
                </span>
                {text !== '' && <p className="incident-text">{text}</p>}
              </div>
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Started({ ms }: { readonly ms: number }): ReactNode {
  return (
    <>
      fired <Ago ms={ms} />
    </>
  );
}
