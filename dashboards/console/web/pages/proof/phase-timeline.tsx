import type { ReactNode } from 'react';
import type { Timeline, TimelineMark } from '#dashboards/console/core/proof/report.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';

const GLYPHS: Readonly<Record<TimelineMark['kind'], string>> = {
  hurt: '◌',
  policy: '◆',
  page: '▲',
  resolved: '●',
};
const WORDS: Readonly<Record<TimelineMark['kind'], string>> = {
  hurt: 'first user hurt',
  policy: 'policy holds',
  page: 'page',
  resolved: 'resolved',
};

/** Each fault from its start on, with when users, policy and phone knew of it. The same stands in the table. */
export function PhaseTimeline({
  label,
  timeline,
}: {
  readonly label: string;
  readonly timeline: Timeline | undefined;
}): ReactNode {
  if (timeline === undefined) return null;
  const { rows, ticksMs, spanMs } = timeline;
  return (
    <figure className="proof-timeline" aria-label={label}>
      {rows.map(({ id, title, faultEnds, marks }) => (
        <div key={id} className="proof-track-row">
          <span className="label one-line" title={title}>
            {title}
          </span>
          <div
            className="proof-track"
            role="img"
            aria-label={`${title}: ${marks.map(({ text }) => text).join(', ')}`}
          >
            <div className="proof-lasts" style={{ width: percent(faultEnds) }} />
            {marks.map(({ kind, at, text }) => (
              <span
                key={kind}
                className={`proof-mark proof-${kind}`}
                style={{ left: percent(at) }}
                title={text}
              >
                {GLYPHS[kind]}
              </span>
            ))}
          </div>
        </div>
      ))}
      <div className="proof-track-row" aria-hidden="true">
        <span />
        <div className="proof-axis hint">
          {ticksMs.map((ms) => (
            <span key={ms} style={{ left: percent(ms / spanMs) }}>
              {formatDuration(ms)}
            </span>
          ))}
        </div>
      </div>
      <figcaption className="legend">
        {(Object.keys(GLYPHS) as TimelineMark['kind'][]).map((kind) => (
          <span key={kind}>
            <span className={`proof-${kind}`}>{GLYPHS[kind]}</span> {WORDS[kind]}
          </span>
        ))}
        <span>
          <span className="proof-lasts proof-sample" aria-hidden="true" /> fault is on
        </span>
      </figcaption>
    </figure>
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
