import { useId, type ReactNode } from 'react';
import { tracesTarget } from '#dashboards/console/core/links.ts';
import { edgeWidth, errorLevel, type Call, type ErrorLevel } from '#dashboards/console/core/now/services.ts';
import { formatRate, formatShare } from '#dashboards/console/core/numbers.ts';
import type { EdgePath } from '#dashboards/console/core/service-map.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { errorText } from '#dashboards/console/web/pages/now/map-node.tsx';

interface MapEdgesProps {
  readonly edges: readonly EdgePath[];
  readonly calls: readonly Call[];
  /** The service that is looked at: edges of others step back. */
  readonly near: string | undefined;
}

const LEVELS: readonly ErrorLevel[] = ['none', 'some', 'many'];

/** Calls between services; those that fail say how many and lead to the failing traces. */
export function MapEdges({ edges, calls, near }: MapEdgesProps): ReactNode {
  const id = useId();
  const byPair = new Map(calls.map((call) => [`${call.from}\u0000${call.to}`, call]));
  const drawn = edges.flatMap((edge) => {
    const call = byPair.get(`${edge.from}\u0000${edge.to}`);
    return call === undefined ? [] : [{ edge, call, level: errorLevel(call.errorRatio) }];
  });
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
      {drawn
        .filter(({ level }) => level !== 'none')
        .map(({ edge, call, level }) => {
          const { path, query } = tracesTarget(edge.from, { errors: true });
          return (
            <Link
              key={`${edge.from} ${edge.to}`}
              to={keepingRange(path, query)}
              className="edge-link"
              label={`${formatShare(call.errorRatio)} of the calls from ${edge.from} to ${edge.to} fail. Opens failing traces of ${edge.from}.`}
            >
              <text
                x={edge.labelX}
                y={edge.labelY - 6}
                textAnchor="middle"
                className={`edge-label errors-${level}`}
              >
                {errorText(call.errorRatio)}
              </text>
            </Link>
          );
        })}
    </>
  );
}

function edgeClass({ from, to, back }: EdgePath, call: Call, near: string | undefined): string {
  const far = near !== undefined && from !== near && to !== near ? 'far' : '';
  const idle = call.rate === 0 ? 'unused' : '';
  return `map-edge errors-${errorLevel(call.errorRatio)} ${far} ${idle} ${back || call.weak ? 'weak' : ''}`;
}
