import { useId, type ReactNode } from 'react';
import { tracesTarget } from '#dashboards/console/core/links.ts';
import { edgeWidth, errorLevel, type Call, type ErrorLevel } from '#dashboards/console/core/now/services.ts';
import { formatRate, formatShare } from '#dashboards/console/core/numbers.ts';
import type { EdgePath } from '#dashboards/console/core/service-map.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';

interface MapEdgesProps {
  readonly edges: readonly EdgePath[];
  readonly calls: readonly Call[];
  /** The service that is looked at: edges of others step back. */
  readonly near: string | undefined;
}

const LEVELS: readonly ErrorLevel[] = ['none', 'some', 'many'];

/** Calls between services. */
export function MapEdges({ edges, calls, near }: MapEdgesProps): ReactNode {
  const id = useId();
  const drawn = withCalls(edges, calls);
  return (
    <>
      <defs>
        {LEVELS.map((level) => (
          <marker
            key={level}
            id={`${id}-${level}`}
            markerUnits="userSpaceOnUse"
            markerWidth="8"
            markerHeight="8"
            refX="7"
            refY="4"
            orient="auto"
          >
            <path d="M0 0L8 4L0 8Z" className={`arrow errors-${level}`} />
          </marker>
        ))}
      </defs>
      {drawn.map(({ edge, call, level }) => (
        <path
          key={`${edge.from} ${edge.to}`}
          d={edge.path}
          className={edgeClass(edge, call, near)}
          strokeWidth={edgeWidth(call.rate)}
          markerEnd={`url(#${id}-${level})`}
        >
          <title>{`${edge.from} → ${edge.to}: ${formatRate(call.rate)}, ${formatShare(call.errorRatio)} errors${call.weak ? ', messages' : ''}`}</title>
        </path>
      ))}
    </>
  );
}

/** How many calls fail, on the edges where some do; leads to the failing traces. Drawn on top of everything. */
export function EdgeLabels({ edges, calls }: Pick<MapEdgesProps, 'edges' | 'calls'>): ReactNode {
  return withCalls(edges, calls)
    .filter(({ level }) => level !== 'none')
    .map(({ edge, call, level }) => {
      const { path, query } = tracesTarget(edge.from, { errors: true });
      return (
        <Link
          key={`${edge.from} ${edge.to}`}
          to={keepingRange(path, query)}
          className="edge-link"
          label={`${roughShare(call.errorRatio ?? 0)} of the calls from ${edge.from} to ${edge.to} fail. Opens failing traces of ${edge.from}.`}
        >
          <text
            x={edge.labelX}
            y={edge.labelY - 6}
            textAnchor="middle"
            className={`edge-label errors-${level}`}
          >
            {roughShare(call.errorRatio ?? 0)}
          </text>
        </Link>
      );
    });
}

/** Between two columns there is room for three characters. */
function roughShare(ratio: number): string {
  const percent = Math.round(ratio * 100);
  if (percent === 100) return 'all';
  return percent === 0 ? '<1%' : `${percent}%`;
}

interface EdgeWithCall {
  readonly edge: EdgePath;
  readonly call: Call;
  readonly level: ErrorLevel;
}

function withCalls(edges: readonly EdgePath[], calls: readonly Call[]): readonly EdgeWithCall[] {
  const byPair = new Map(calls.map((call) => [`${call.from}\u0000${call.to}`, call]));
  return edges.flatMap((edge) => {
    const call = byPair.get(`${edge.from}\u0000${edge.to}`);
    return call === undefined ? [] : [{ edge, call, level: errorLevel(call.errorRatio) }];
  });
}

function edgeClass({ from, to, back }: EdgePath, call: Call, near: string | undefined): string {
  const far = near !== undefined && from !== near && to !== near ? 'far' : '';
  const idle = call.rate === 0 ? 'unused' : '';
  return `map-edge errors-${errorLevel(call.errorRatio)} ${far} ${idle} ${back || call.weak ? 'weak' : ''}`;
}
