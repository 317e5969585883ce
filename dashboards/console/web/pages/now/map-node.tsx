import type { ReactNode } from 'react';
import { tracesTarget } from '#dashboards/console/core/links.ts';
import { errorLevel } from '#dashboards/console/core/now/services.ts';
import { formatRate, formatShare } from '#dashboards/console/core/numbers.ts';
import { NODE_HEIGHT, NODE_WIDTH, type NodeBox } from '#dashboards/console/core/service-map.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { GLYPHS, WORDS } from '#dashboards/console/web/parts/state-mark.tsx';
import type { MapService } from '#dashboards/console/web/pages/now/map-service.ts';

interface MapNodeProps {
  readonly box: NodeBox;
  readonly service: MapService;
  /** The pointer or the focus is on it, or has left it. */
  readonly onNear: (name: string | undefined) => void;
}

const PAD = 8;
/** What fits in a node; the whole name is in its title. */
const NAME_CHARS_MAX = 15;

/** A service: name and state, rate and share of errors, 95th percentile. Leads to its traces. */
export function MapNode({ box, service, onNear }: MapNodeProps): ReactNode {
  const { name, now, mark, reports } = service;
  const { path, query } = tracesTarget(name);
  const right = NODE_WIDTH - PAD;
  const short = name.length > NAME_CHARS_MAX ? `${name.slice(0, NAME_CHARS_MAX - 1)}…` : name;
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
        className={`map-node ${mark === undefined ? '' : `node-${mark}`} ${reports ? '' : 'silent'}`}
        label={nodeLabel(service)}
      >
        <title>{nodeLabel(service)}</title>
        <rect className="node-frame" width={NODE_WIDTH} height={NODE_HEIGHT} rx={4} />
        <text x={PAD} y={18} className="node-name">
          {short}
        </text>
        {mark !== undefined && (
          <text x={right} y={18} textAnchor="end" className={`node-glyph state-${mark}`}>
            {GLYPHS[mark]}
          </text>
        )}
        <text x={PAD} y={36} className="node-figure">
          {formatRate(now.rate)}
        </text>
        <text
          x={right}
          y={36}
          textAnchor="end"
          className={`node-figure errors-${errorLevel(now.errorRatio)}`}
        >
          {errorText(now.errorRatio)}
        </text>
        <text x={PAD} y={52} className="node-label">
          {reports ? 'p95' : 'told by callers'}
        </text>
        {reports && (
          <text x={right} y={52} textAnchor="end" className="node-figure">
            {formatDuration(now.p95Ms)}
          </text>
        )}
      </Link>
    </g>
  );
}

/** A glyph beside the share, because colour alone says nothing to some. */
export function errorText(ratio: number | null): string {
  const glyph = { none: '', some: '◆ ', many: '▲ ' }[errorLevel(ratio)];
  return `${glyph}${formatShare(ratio)}`;
}

function nodeLabel({ name, now, mark, reports }: MapService): string {
  const state = mark === undefined ? 'no SLO' : `SLO ${WORDS[mark]}`;
  const figures = `${formatRate(now.rate)}, ${formatShare(now.errorRatio)} errors`;
  const slow = reports ? `, 95th percentile ${formatDuration(now.p95Ms)}` : ', no spans of its own';
  return `${name}: ${state}, ${figures}${slow}. Opens its traces.`;
}
