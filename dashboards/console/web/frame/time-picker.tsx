import { useState, type FormEvent, type ReactNode } from 'react';
import { formatClock } from '#dashboards/console/core/times.ts';
import {
  absoluteRange,
  isLive,
  parseRange,
  RANGES,
  resolveRange,
} from '#dashboards/console/core/time-range.ts';
import { useTimeRange } from '#dashboards/console/web/data/location.ts';
import { useNow } from '#dashboards/console/web/data/now.ts';
import { Menu } from '#dashboards/console/web/parts/menu.tsx';

function parseLocal(text: string): number | undefined {
  // `2026-01-31 14:00` is local time to everyone but the specification.
  const ms = Date.parse(text.trim().replace(/^(\d{4}-\d\d-\d\d) /, '$1T'));
  return Number.isNaN(ms) ? undefined : ms;
}

/** The time range of the whole page: offered, typed, or standing still. */
export function TimePicker(): ReactNode {
  const [range, setRange] = useTimeRange();
  const now = useNow();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const live = isLive(range);
  const interval = resolveRange(range, now);
  const offered = RANGES.find(({ range: one }) => one.from === range.from && one.to === range.to);
  const label =
    offered?.label ??
    (live
      ? `since ${formatClock(interval.startMs, now)}`
      : `${formatClock(interval.startMs, now)} to ${formatClock(interval.endMs, now)}`);
  const submit = (event: FormEvent, close: () => void): void => {
    event.preventDefault();
    const typed = parseRange(text, parseLocal);
    setWrong(typed === undefined);
    if (typed === undefined) return;
    setRange(typed);
    close();
  };
  return (
    <>
      <Menu label={<>{label} ▾</>} name={`Time range: ${label}`}>
        {(close) => (
          <>
            <form onSubmit={(event) => submit(event, close)} className="range-form">
              <input
                aria-label="Time range"
                aria-invalid={wrong}
                placeholder="last 2h"
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
              <p className="hint">
                {wrong
                  ? 'Write last 2h, or 2026-01-31 14:00 to 2026-01-31 15:00.'
                  : 'last 2h, or from and to'}
              </p>
            </form>
            {RANGES.map(({ label: name, range: one }) => (
              <button
                type="button"
                key={name}
                onClick={() => {
                  setRange(one);
                  close();
                }}
              >
                {name}
              </button>
            ))}
          </>
        )}
      </Menu>
      <button
        type="button"
        aria-pressed={live}
        title={live ? 'Stand still at this moment' : 'Follow the present again'}
        onClick={() => setRange(live ? absoluteRange(interval) : { from: 'now-15m', to: 'now' })}
      >
        {live ? '● live' : '❚❚ still'}
      </button>
    </>
  );
}
