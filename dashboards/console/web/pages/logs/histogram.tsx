import { useEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import { formatCount, formatNumber } from '#dashboards/console/core/numbers.ts';
import { formatClock, formatWindow } from '#dashboards/console/core/times.ts';
import { absoluteRange, type Interval } from '#dashboards/console/core/time-range.ts';
import {
  BANDS,
  barsOf,
  brushed,
  segmentsOf,
  type Band,
  type Bars,
} from '#dashboards/console/core/logs/histogram.ts';
import type { LogHistogram } from '#dashboards/console/core/logs/answers.ts';
import { addressWith } from '#dashboards/console/core/logs/search.ts';
import { setTimeRange, useAddress } from '#dashboards/console/web/data/location.ts';
import type { Loaded } from '#dashboards/console/web/data/use-json.ts';
import { onTables } from '#dashboards/console/web/frame/keyboard.ts';
import { HistogramTable } from '#dashboards/console/web/pages/logs/histogram-table.tsx';
import { tellable } from '#dashboards/console/web/pages/logs/tellable.ts';
import { GLYPHS, WORDS } from '#dashboards/console/web/pages/logs/level-mark.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

interface HistogramProps {
  readonly path: string;
  readonly loaded: Loaded<LogHistogram>;
  /** What the bars cover. */
  readonly interval: Interval;
}

/** How many lines when, by severity. Drag over it to choose a time. */
export function Histogram({ path, loaded, interval }: HistogramProps): ReactNode {
  const [asTable, setAsTable] = useState(false);
  useEffect(() => onTables(() => setAsTable((before) => !before)), []);
  const { data, error, loading } = loaded;
  const bars = useMemo(() => (data === undefined ? undefined : barsOf(data)), [data]);
  const step = data === undefined ? '' : `, a bar ${formatWindow(Number(data.stepNanos) / 1e6)}`;
  return (
    <Panel
      title="Lines over time"
      meaning={`by severity${step}; drag to zoom`}
      className="log-histogram"
      loading={loading}
      error={tellable(error)}
      actions={
        <>
          <button type="button" className="copy quiet" onClick={() => setAsTable(!asTable)}>
            {asTable ? 'as a chart' : 'as a table'}
          </button>
          <CopyCurl path={path} />
        </>
      }
    >
      {asTable && bars !== undefined ? (
        <HistogramTable bars={bars} />
      ) : (
        <Drawing bars={bars} interval={interval} />
      )}
      {bars !== undefined && <Legend bars={bars} />}
    </Panel>
  );
}

const HEIGHT = 72;

function Drawing({
  bars,
  interval,
}: {
  readonly bars: Bars | undefined;
  readonly interval: Interval;
}): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const [brush, setBrush] = useState<readonly [number, number] | undefined>(undefined);
  const [pointed, setPointed] = useState<number | undefined>(undefined);
  const at = (event: PointerEvent): number => {
    const box = place.current?.getBoundingClientRect();
    return box === undefined ? 0 : Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const count = bars?.buckets.length ?? 0;
  const release = (): void => {
    if (brush === undefined) return;
    const [from, to] = brush;
    const bucket = bars?.buckets[Math.min(count - 1, Math.floor(from * count))];
    // A click means the bar it meets.
    const chosen = brushed(interval, from, to) ?? bucket;
    setBrush(undefined);
    if (chosen !== undefined) setTimeRange(absoluteRange(chosen));
  };
  const now = Date.now();
  const over = pointed === undefined ? undefined : bars?.buckets[Math.floor(pointed * count)];
  return (
    <div className="log-bars">
      <div
        ref={place}
        role="img"
        aria-label="Lines over time by severity. Press t for a table."
        className="log-bars-place"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setBrush([at(event), at(event)]);
        }}
        onPointerMove={(event) => {
          setPointed(Math.min(0.999_999, at(event)));
          if (brush !== undefined) setBrush([brush[0], at(event)]);
        }}
        onPointerUp={release}
        onPointerCancel={() => setBrush(undefined)}
        onPointerLeave={() => setPointed(undefined)}
      >
        {bars !== undefined && <BarsSvg bars={bars} />}
        {brush !== undefined && (
          <div
            className="log-brush"
            style={{
              left: `${Math.min(...brush) * 100}%`,
              width: `${Math.abs(brush[1] - brush[0]) * 100}%`,
            }}
          />
        )}
      </div>
      <div className="log-axis hint">
        <span>{formatClock(interval.startMs, now)}</span>
        <span className="log-pointed">
          {over === undefined
            ? bars !== undefined && `highest bar ${formatNumber(bars.highest)}`
            : `${formatClock(over.startMs, now)}: ${formatNumber(over.total)} lines${
                over.counts.error > 0 ? `, ${formatNumber(over.counts.error)} errors` : ''
              }`}
        </span>
        <span>{formatClock(interval.endMs, now)}</span>
      </div>
    </div>
  );
}

function BarsSvg({ bars }: { readonly bars: Bars }): ReactNode {
  const count = Math.max(1, bars.buckets.length);
  return (
    <svg viewBox={`0 0 ${count} ${HEIGHT}`} preserveAspectRatio="none" width="100%" height={HEIGHT}>
      {bars.buckets.map((bucket, index) =>
        segmentsOf(bucket, bars.highest).map(({ band, from, to }) => {
          // A single error among thousands of lines is still seen.
          const height = Math.max(band === 'error' ? 2 : 0.5, (to - from) * HEIGHT);
          return (
            <rect
              key={`${bucket.startMs} ${band}`}
              className={`band-${band}`}
              x={index + 0.08}
              width={0.84}
              y={HEIGHT - from * HEIGHT - height}
              height={height}
            />
          );
        }),
      )}
    </svg>
  );
}

const LOWEST: Readonly<Record<Band, string | undefined>> = {
  error: 'error',
  warn: 'warn',
  info: 'info',
  below: undefined,
};

function Legend({ bars }: { readonly bars: Bars }): ReactNode {
  const { query } = useAddress();
  return (
    <ul className="legend">
      {BANDS.map((band) => (
        <li key={band}>
          <span className={`band-${band}`} aria-hidden="true">
            {GLYPHS[band]}
          </span>{' '}
          <Link
            className="plain"
            to={addressWith(location.pathname, query, { severity: LOWEST[band] })}
            title={LOWEST[band] === undefined ? 'Show all severities' : `Show ${band} or worse`}
          >
            {WORDS[band]} {formatCount(bars.totals[band])}
          </Link>
        </li>
      ))}
    </ul>
  );
}
