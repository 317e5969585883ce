import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import {
  formatBurn,
  formatBytes,
  formatCount,
  formatNumber,
  formatRate,
  formatShare,
} from '#dashboards/console/core/numbers.ts';
import { formatDuration, formatTime } from '#dashboards/console/core/times.ts';
import { absoluteRange } from '#dashboards/console/core/time-range.ts';
import { setTimeRange } from '#dashboards/console/web/data/location.ts';
import { onTables } from '#dashboards/console/web/frame/keyboard.ts';
import { drawPoints, watchPoints, type ChartPoint } from '#dashboards/console/web/parts/chart-points.ts';

export type Unit = 'number' | 'count' | 'duration-ms' | 'share' | 'rate' | 'bytes' | 'burn';

export interface ChartSeries {
  readonly name: string;
  /** One a time; null is a gap. */
  readonly values: readonly (number | null)[];
  /** A CSS custom property, `--series-1` or `--burning` for example. */
  readonly color: string;
  /** 0 is a full line; others are told apart by dashes. */
  readonly dash?: number;
  /** Filled down to the axis. */
  readonly fill?: boolean;
}

export interface ChartLine {
  readonly value: number;
  readonly label: string;
  readonly color: string;
}

interface ChartProps {
  /** What it shows, for who cannot see it. */
  readonly label: string;
  /** Milliseconds since the Unix epoch, rising. */
  readonly timesMs: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly unit: Unit;
  /** Thresholds and objectives. */
  readonly lines?: readonly ChartLine[];
  readonly heightPx?: number;
  /** Of the x axis, where data does not reach so far. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** A logarithmic y axis, for latencies over many decades. */
  readonly log?: boolean;
  /** Single observations that lead somewhere; what they say must also stand elsewhere on the page. */
  readonly points?: readonly ChartPoint[];
  /** False where a table beside it names the series. */
  readonly legend?: boolean;
}

const FORMATS: Readonly<Record<Unit, (value: number) => string>> = {
  number: formatNumber,
  count: formatCount,
  'duration-ms': formatDuration,
  share: formatShare,
  rate: formatRate,
  bytes: formatBytes,
  burn: formatBurn,
};
/** By the `dash` of a series. */
export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
/** Times of the x axis as they stand elsewhere: 24 hours, and the date where it changes. */
const TIMES: readonly (readonly (string | number | null)[])[] = [
  [365 * 86_400, '{YYYY}', null, null, null, null, null, null, 1],
  [28 * 86_400, '{YYYY}-{MM}', null, null, null, null, null, null, 1],
  [86_400, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
  [0.001, '{HH}:{mm}:{ss}.{fff}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
];
/** Right of the plot: half of the widest time, `2026-11-21` or `16:14:30.250`, stands beyond its tick. */
const RIGHT_PX = 40;
/** From tick to tick of the x axis at least, so that times do not touch: `16:14`, `16:14:30`. */
const TICK_PX = 44;
const TICK_OF_SECONDS_PX = 88;
const LABEL_PX = 12;
const HEIGHT_PX = 180;
/** Direct labels at line ends up to so many; beyond it the legend alone. */
const DIRECT_LABELS_MAX = 4;
const TABLE_ROWS_MAX = 500;

/** Lines over time. Drag to zoom the whole page, the browser's back is the way back; the same data stands in a table. */
export function Chart(props: ChartProps): ReactNode {
  const { label, series, unit, heightPx = HEIGHT_PX, legend = true } = props;
  const named = legend ? series : [];
  const [asTable, setAsTable] = useState(false);
  useEffect(() => onTables(() => setAsTable((before) => !before)), []);
  return (
    <figure className="chart" aria-label={label}>
      {asTable ? <ChartTable {...props} /> : <Plot {...props} heightPx={heightPx} />}
      <ul className="legend">
        {named.map(({ name, color, values }) => (
          <li key={name}>
            <span className="swatch" style={{ background: `var(${color})` }} aria-hidden="true" /> {name}{' '}
            <span className="hint">{lastOf(values, unit)}</span>
          </li>
        ))}
        <li>
          <button type="button" className="copy quiet" onClick={() => setAsTable(!asTable)}>
            {asTable ? 'as a chart' : 'as a table'}
          </button>
        </li>
      </ul>
    </figure>
  );
}

/** The drawing itself: made anew when its shape or the theme changes, fed when only the data does. */
function Plot(props: ChartProps & { readonly heightPx: number }): ReactNode {
  const { label, timesMs, series, startMs, endMs, heightPx, points } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const looks = series.map(({ name, color, dash, fill }) => [name, color, dash, fill]);
  const shape = JSON.stringify([props.unit, heightPx, props.log, props.lines, looks]);
  const data = useMemo(() => alignedData(timesMs, series), [timesMs, series]);
  const latest = useRef({ props, data });
  latest.current = { props, data };
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      const current = (): ChartProps => latest.current.props;
      plot.current = new uPlot(optionsOf(current, element), latest.current.data, element);
      showRange(plot.current, latest.current.props);
    };
    make();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: heightPx }),
    );
    resized.observe(element);
    const stopThemes = onThemeChange(make);
    return () => {
      resized.disconnect();
      stopThemes();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape, heightPx]);
  useEffect(() => {
    plot.current?.setData(data, true);
    if (plot.current !== undefined) showRange(plot.current, latest.current.props);
  }, [data, startMs, endMs, points]);
  return (
    <div
      ref={place}
      role="img"
      aria-label={`${label}. Press t for a table.`}
      style={{ minHeight: heightPx }}
    />
  );
}

/** The page's range, even where data does not reach so far. */
function showRange(plot: uPlot, { timesMs, startMs, endMs }: ChartProps): void {
  const min = startMs ?? timesMs[0];
  const max = endMs ?? timesMs.at(-1);
  if (min !== undefined && max !== undefined && min < max)
    plot.setScale('x', { min: min / 1000, max: max / 1000 });
}

function lastOf(values: readonly (number | null)[], unit: Unit): string {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? '–' : FORMATS[unit](last);
}

function alignedData(timesMs: readonly number[], series: readonly ChartSeries[]): uPlot.AlignedData {
  return [timesMs.map((ms) => ms / 1000), ...series.map(({ values }) => [...values])];
}

function ChartTable({ label, timesMs, series, unit }: ChartProps): ReactNode {
  const now = timesMs.at(-1) ?? 0;
  const rows = timesMs
    .map((_, index) => index)
    .slice(-TABLE_ROWS_MAX)
    .toReversed();
  return (
    <div className="scroll-x chart-table" tabIndex={0} role="group" aria-label={`${label}, table`}>
      <table>
        <thead>
          <tr>
            <th>Time</th>
            {series.map(({ name }) => (
              <th key={name} className="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((index) => (
            <tr key={timesMs[index]}>
              <td>{formatTime(timesMs[index] ?? 0, now)}</td>
              {series.map(({ name, values }) => {
                const value = values[index];
                return (
                  <td key={name} className="number">
                    {value === null || value === undefined ? '–' : FORMATS[unit](value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** @param current what is drawn at this moment: figures change more often than the shape does */
function optionsOf(current: () => ChartProps, element: HTMLElement): uPlot.Options {
  const { series, unit, heightPx = HEIGHT_PX, lines = [], log = false } = current();
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const format = FORMATS[unit];
  const axis = { stroke: color('--text-3'), font: '12px system-ui', ticks: { show: false } };
  return {
    width: Math.max(element.clientWidth, 100),
    height: heightPx,
    padding: [null, RIGHT_PX, null, null],
    legend: { show: false },
    cursor: { sync: { key: 'page' }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    scales: { x: { time: true }, y: yScale(log, unit, lines, () => current().points ?? []) },
    axes: [
      {
        ...axis,
        space: (...[, , minS, maxS, widthPx]) => tickPx(maxS - minS, widthPx),
        grid: { show: false },
        values: TIMES.map((row) => [...row]),
      },
      {
        ...axis,
        size: 64,
        grid: { stroke: color('--line'), width: 1 },
        values: (_plot, splits) => splits.map((value) => (value === null ? '' : format(value))),
      },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.name,
        stroke: color(one.color),
        width: 1.5,
        dash: [...(DASHES[(one.dash ?? 0) % DASHES.length] ?? [])],
        points: { show: false },
        ...(one.fill === true ? { fill: `${color(one.color)}33` } : {}),
      })),
    ],
    hooks: {
      ready: [(plot) => watchPoints(plot, () => current().points ?? [])],
      setSelect: [zoomPage],
      draw: [
        (plot) => {
          const { series: drawn, points = [], legend = true } = current();
          drawLines(plot, lines, color);
          if (legend && drawn.length > 1 && drawn.length <= DIRECT_LABELS_MAX) drawLabels(plot, drawn, color);
          drawPoints(plot, points, color('--text-2'));
        },
      ],
    },
  };
}

/** Ticks of half a minute and less are told to the second and need more room. */
function tickPx(rangeS: number, widthPx: number): number {
  const betweenS = (rangeS * TICK_PX) / Math.max(1, widthPx);
  return betweenS <= 30 ? TICK_OF_SECONDS_PX : TICK_PX;
}

/** Points far above the lines would press them flat: up to so many times their height is made room for. */
const POINTS_ROOM = 3;

function yScale(
  log: boolean,
  unit: Unit,
  lines: readonly ChartLine[],
  points: () => readonly ChartPoint[],
): uPlot.Scale {
  if (log) return { distr: 3 };
  const least = unit === 'share' ? 0.01 : 0;
  const highest = Math.max(least, ...lines.map(({ value }) => value));
  const lowest = Math.min(0, ...lines.map(({ value }) => value));
  return {
    range: (_plot, min, max) => {
      const lineTop = Math.max(max ?? 0, highest);
      const pointTop = Math.max(0, ...points().map(({ value }) => value ?? 0));
      const top = Math.max(lineTop, lineTop === 0 ? pointTop : Math.min(pointTop, lineTop * POINTS_ROOM));
      return [Math.min(min ?? 0, lowest), top === 0 ? 1 : top * 1.08];
    },
  };
}

/** A selection is the new time range of the page; the way back is the browser's. */
function zoomPage(plot: uPlot): void {
  const { left, width } = plot.select;
  if (width < 4) return;
  const startMs = plot.posToVal(left, 'x') * 1000;
  const endMs = plot.posToVal(left + width, 'x') * 1000;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  setTimeRange(absoluteRange({ startMs, endMs }));
}

function drawLines(plot: uPlot, lines: readonly ChartLine[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${LABEL_PX * ratio}px system-ui`;
  for (const line of lines) {
    const y = plot.valToPos(line.value, 'y', true);
    ctx.strokeStyle = color(line.color);
    ctx.fillStyle = color(line.color);
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.textAlign = 'left';
    ctx.fillText(line.label, bbox.left + 4 * ratio, y - 4 * ratio);
  }
  ctx.restore();
}

function drawLabels(plot: uPlot, series: readonly ChartSeries[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${LABEL_PX * ratio}px system-ui`;
  ctx.textAlign = 'right';
  const taken: number[] = [];
  for (const { name, values, color: property } of series) {
    const last = values.findLast((value) => value !== null);
    if (last === undefined || last === null) continue;
    const y = plot.valToPos(last, 'y', true) - 4 * ratio;
    // Two labels on one another tell less than the legend does.
    if (taken.some((other) => Math.abs(other - y) < LABEL_PX * ratio)) continue;
    taken.push(y);
    ctx.fillStyle = color(property);
    ctx.fillText(name, bbox.left + bbox.width - 2 * ratio, Math.max(bbox.top + LABEL_PX * ratio, y));
  }
  ctx.restore();
}

function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  const media = matchMedia('(prefers-color-scheme: light)');
  media.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    media.removeEventListener('change', changed);
  };
}
