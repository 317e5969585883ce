import type { ReactNode } from 'react';
import { tracesTarget } from '#dashboards/console/core/links.ts';
import { errorLevel } from '#dashboards/console/core/now/services.ts';
import { formatRate, formatShare } from '#dashboards/console/core/numbers.ts';
import type { NodeBox, ServiceMap } from '#dashboards/console/core/service-map.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { GLYPHS, WORDS } from '#dashboards/console/web/parts/state-mark.tsx';
import type { MapService } from '#dashboards/console/web/pages/now/map-service.ts';

interface MapNodeProps {
  readonly box: NodeBox;
  readonly map: ServiceMap;
  readonly service: MapService;
  /** The pointer or the focus is on it, or has left it. */
  readonly onNear: (name: string | undefined) => void;
}

/** Room at the sides of what stands in a node, by whether it is narrow. */
const PAD = (narrow: boolean): number => (narrow ? 6 : 8);
/** Of a name, beside the state; the whole name is in the title of the node. */
const NAME_CHAR_PX = 8;
const GLYPH_PX = 12;
const LINE_PX = 17;

/** A service: name and state, rate and share of errors, 95th percentile. Leads to its traces. */
export function MapNode({ box, map, service, onNear }: MapNodeProps): ReactNode {
  const { name, mark, reports, seenBy } = service;
  const { path, query } = tracesTarget(seenBy);
  const pad = PAD(map.narrow);
  const right = map.nodeWidth - pad;
  const most = Math.floor((map.nodeWidth - 2 * pad - (mark === undefined ? 0 : GLYPH_PX)) / NAME_CHAR_PX) + 1;
  const short = name.length > most ? `${name.slice(0, most - 1)}…` : name;
  return (
    <g
      transform={`translate(${box.x} ${box.y})`}
      onMouseEnter={() => onNear(name)}
      onMouseLeave={() => onNear(undefined)}
      onFocus={() => onNear(name)}
      onBlur={() => onNear(undefined)}
    >
      <Link
        to={keepingRange(path, query)}
        className={`map-node ${map.narrow ? 'narrow' : ''} ${mark === undefined ? '' : `node-${mark}`} ${reports ? '' : 'silent'}`}
      >
        <rect className="node-frame" width={map.nodeWidth} height={map.nodeHeight} rx={4}>
          <title>{nodeLabel(service)}</title>
        </rect>
        <text x={pad} y={18} className="node-name">
          {short}
        </text>
        {mark !== undefined && (
          <text x={right} y={18} textAnchor="end" className={`node-glyph state-${mark}`}>
            {GLYPHS[mark]}
          </text>
        )}
        {linesOf(service, map.narrow).map(({ left, value, look, bare }, index) => (
          <g key={left} transform={`translate(0 ${18 + (index + 1) * LINE_PX})`}>
            <text x={pad} className={bare === true ? 'node-figure' : 'node-label'}>
              {left}
            </text>
            <text x={right} textAnchor="end" className={`node-figure ${look ?? ''}`}>
              {value}
            </text>
          </g>
        ))}
      </Link>
    </g>
  );
}

interface NodeLine {
  readonly left: string;
  readonly value: string;
  /** A class of the value. */
  readonly look?: string;
  /** What stands left is a figure too, not the name of one. */
  readonly bare?: boolean;
}

/** Where there is room, rate and errors share a line. */
function linesOf({ now, reports }: MapService, narrow: boolean): readonly NodeLine[] {
  const rate = formatRate(now.rate);
  const errors = {
    value: narrow ? roughErrorText(now.errorRatio) : errorText(now.errorRatio),
    look: `errors-${errorLevel(now.errorRatio)}`,
  };
  const slow = reports
    ? { left: 'p95', value: formatDuration(now.p95Ms) }
    : { left: narrow ? 'from callers' : 'told by callers', value: '' };
  if (!narrow) return [{ left: rate, bare: true, ...errors }, slow];
  return [{ left: 'rate', value: rate }, { left: 'err', ...errors }, slow];
}

/** A glyph beside the share, because colour alone says nothing to some. */
export function errorText(ratio: number | null): string {
  const glyph = { none: '', some: '◆ ', many: '▲ ' }[errorLevel(ratio)];
  return `${glyph}${formatShare(ratio)}`;
}

/** In as few characters as tell it. */
function roughErrorText(ratio: number | null): string {
  if (ratio === null || ratio === 0 || ratio > 0.999) return errorText(ratio);
  const percent = ratio * 100;
  const glyph = { none: '', some: '◆ ', many: '▲ ' }[errorLevel(ratio)];
  return `${glyph}${percent < 0.1 ? '<0.1' : percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

function nodeLabel({ name, now, mark, reports, seenBy }: MapService): string {
  const state = mark === undefined ? 'no SLO' : `SLO ${WORDS[mark]}`;
  const figures = `${formatRate(now.rate)}, ${formatShare(now.errorRatio)} errors`;
  const slow = reports ? `, 95th percentile ${formatDuration(now.p95Ms)}` : ', no spans of its own';
  return `${name}: ${state}, ${figures}${slow}. Opens traces of ${seenBy}.`;
}
