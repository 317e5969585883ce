import { memo, type MouseEvent, type ReactNode } from 'react';
import { bothZones, formatTime } from '#dashboards/console/core/times.ts';
import type { LogLine } from '#dashboards/console/core/logs/line.ts';
import { LevelMark } from '#dashboards/console/web/pages/logs/level-mark.tsx';
import { useServiceClass } from '#dashboards/console/web/parts/series-name.tsx';

/** Wider than any screen: what is beyond in a line that is not wrapped costs layout and is not seen. */
const ONE_LINE_CHARS_MAX = 400;

interface LineProps {
  readonly line: LogLine;
  readonly open: boolean;
  readonly selected: boolean;
  readonly wrapped: boolean;
  readonly onToggle: (id: string) => void;
}

/** A line: time, severity, service, message. A click opens it, marking text does not. */
export const Line = memo(function Line({ line, open, selected, wrapped, onToggle }: LineProps): ReactNode {
  const ofService = useServiceClass(line.service);
  const message = wrapped ? line.message : line.message.slice(0, ONE_LINE_CHARS_MAX);
  const toggle = (event: MouseEvent): void => {
    event.stopPropagation();
    onToggle(line.id);
  };
  const clicked = (event: MouseEvent): void => {
    if (getSelection()?.isCollapsed === true) toggle(event);
  };
  return (
    // The button within is what keyboards and readers use; the row is a larger target for a pointer.
    <div className={`log-line ${selected ? 'is-selected' : ''} ${open ? 'is-open' : ''}`} onClick={clicked}>
      <button
        type="button"
        className="log-time mono"
        aria-expanded={open}
        title={bothZones(line.timeMs)}
        onClick={toggle}
      >
        {formatTime(line.timeMs, Date.now())}
      </button>
      <LevelMark level={line.level} />
      <span className={`log-service one-line ${ofService}`} title={line.service}>
        <span className="swatch" aria-hidden="true" /> {line.service}
      </span>
      <bdi className="log-message mono">
        {message}
        {message.length < ONE_LINE_CHARS_MAX && line.beside !== '' && (
          <span className="log-beside"> {line.beside}</span>
        )}
        {line.leftOut > 0 && <span className="hint"> … {line.leftOut} more characters</span>}
      </bdi>
    </div>
  );
});
