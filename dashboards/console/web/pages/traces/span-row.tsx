import { memo, type CSSProperties, type ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import type { Segment } from '#dashboards/console/core/trace/critical-path.ts';
import { placeIn, type Place, type View } from '#dashboards/console/core/trace/minimap.ts';
import type { SpanNode } from '#dashboards/console/core/trace/tree.ts';
import { microsText, nameText } from '#dashboards/console/core/trace/words.ts';
import { useServiceClass } from '#dashboards/console/web/parts/series-name.tsx';

interface SpanRowProps {
  readonly node: SpanNode;
  readonly above: SpanNode | undefined;
  /** When the span itself was what the trace waited for. */
  readonly segments: readonly Segment[] | undefined;
  readonly view: View;
  readonly isSelected: boolean;
  readonly isClosed: boolean;
  readonly isMatch: boolean;
  readonly onSelect: (node: SpanNode, how: 'push' | 'replace') => void;
  readonly onToggle: (node: SpanNode, how: 'open' | 'close' | 'other') => void;
}

/** Deeper levels stand no farther in: names would have no room. */
const INDENT_LEVELS_MAX = 16;
/** Marks of events on a bar; more would be a line. */
const EVENTS_MAX = 20;
const SEGMENTS_MAX = 50;

export const SpanRow = memo(function SpanRow(props: SpanRowProps): ReactNode {
  const { node, above, isSelected, isClosed, isMatch, onSelect, onToggle } = props;
  const { service, operation, failed, childCount, depth, durationUs } = node;
  const below = node.end - node.index - 1;
  const classes = [
    'span-row',
    useServiceClass(service),
    isSelected ? 'selected' : '',
    isMatch ? 'match' : '',
    failed ? 'failed' : '',
  ];
  const levels = Math.min(depth, INDENT_LEVELS_MAX);
  const name = `${nameText(service)} ${nameText(operation)}`;
  return (
    <div
      className={classes.filter((one) => one !== '').join(' ')}
      title={`${name}, ${microsText(durationUs)}`}
      onClick={() => onSelect(node, 'push')}
    >
      <div className="span-name" style={{ paddingLeft: `calc(${levels} * var(--indent))` }}>
        {childCount > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className="toggle quiet"
            aria-expanded={!isClosed}
            aria-label={`${formatNumber(below)} spans below ${name}`}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(node, 'other');
            }}
          >
            {isClosed ? `▸${formatNumber(below)}` : '▾'}
          </button>
        ) : (
          <span className="toggle" />
        )}
        <button type="button" tabIndex={-1} className="span-button" aria-pressed={isSelected}>
          <span className="swatch" aria-hidden="true" />
          {failed && (
            <span className="state-burning" role="img" aria-label="failed">
              ▲
            </span>
          )}
          {above?.service !== service && <span className="span-service">{nameText(service)}</span>}
          <span className="span-operation">{nameText(operation)}</span>
        </button>
      </div>
      <Bars {...props} />
    </div>
  );
});

function Bars({ node, segments, view }: SpanRowProps): ReactNode {
  const { startUs, durationUs, span } = node;
  const place = placeIn(view, startUs, startUs + durationUs);
  if (place === undefined) {
    const isBefore = startUs + durationUs < view.startUs;
    return <div className={`span-bars hint ${isBefore ? '' : 'right'}`}>{isBefore ? '◂' : '▸'}</div>;
  }
  const events = span.logs.slice(0, EVENTS_MAX);
  const originUs = span.startTime - startUs;
  return (
    <div className="span-bars">
      <span className="bar-of-span" style={styleOf(place)} />
      {segments?.slice(0, SEGMENTS_MAX).map((segment) => {
        const at = placeIn(view, segment.startUs, segment.endUs);
        return at && <span key={segment.startUs} className="critical" style={styleOf(at)} />;
      })}
      {events.map(({ timestamp }, index) => {
        const at = placeIn(view, timestamp - originUs, timestamp - originUs);
        return at && <span key={index} className="event-mark" style={{ left: `${at.left}%` }} />;
      })}
      <span className="bar-figure" style={{ left: `${place.left + place.width}%` }}>
        {microsText(durationUs)}
      </span>
    </div>
  );
}

function styleOf({ left, width }: Place): CSSProperties {
  return { left: `${left}%`, width: `${width}%` };
}
