import type { ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { logsTarget } from '#dashboards/console/core/links.ts';
import { pathOf, withQuery } from '#dashboards/console/core/route.ts';
import type { TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { microsText } from '#dashboards/console/core/trace/words.ts';
import { changeQuery, keepingRange, useParameter } from '#dashboards/console/web/data/location.ts';
import { ServiceName } from '#dashboards/console/web/pages/traces/service-name.tsx';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

/** Lines of services a little before and after belong to the trace too. */
const AROUND_MS = 60_000;

interface TraceHeadProps {
  readonly tree: TraceTree;
  readonly onNextFailed: () => void;
}

/** Facts of a trace in a line; each leads to what it counts. */
export function TraceHead({ tree, onNextFailed }: TraceHeadProps): ReactNode {
  const { nodes, durationUs, failed, startUs, traceId } = tree;
  const root = nodes[tree.root];
  const later = root !== undefined && root.startUs + root.durationUs < durationUs;
  return (
    <div className="trace-head">
      <dl className="trace-facts">
        <Fact name="duration">
          <b>{microsText(root?.durationUs ?? durationUs)}</b>
          {later && (
            <span className="hint" title="Work that went on after the caller had its answer">
              {' '}
              {microsText(durationUs)} until the last span
            </span>
          )}
        </Fact>
        <Fact name="spans">{formatNumber(nodes.length)}</Fact>
        <Fact name="errors">
          {failed === 0 ? (
            '0'
          ) : (
            <button
              type="button"
              className="copy"
              onClick={onNextFailed}
              title="Go to the next failed span (e)"
            >
              <span className="state-burning">▲ {formatNumber(failed)}</span>, next
            </button>
          )}
        </Fact>
        <Fact name="start">
          <Time ms={startUs / 1000} exact />
        </Fact>
        <Fact name="trace id">
          <span className="mono trace-id">{traceId}</span> <Copy text={traceId} label="copy" />
        </Fact>
      </dl>
      <ServiceChips tree={tree} />
      <Notes tree={tree} />
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Services with their spans; a click marks them in the waterfall. */
function ServiceChips({ tree }: { readonly tree: TraceTree }): ReactNode {
  const [chosen] = useParameter('service');
  return (
    <div className="chips" role="group" aria-label="Services">
      {tree.services.map(({ name, spans, failed }) => (
        <button
          key={name}
          type="button"
          className="chip"
          aria-pressed={chosen === name}
          title="Mark the spans of this service"
          onClick={() => changeQuery({ service: chosen === name ? undefined : name, operation: undefined })}
        >
          <ServiceName name={name} count={spans} />
          {failed > 0 && <span className="state-burning">▲ {formatNumber(failed)}</span>}
        </button>
      ))}
    </div>
  );
}

/** What is odd about the trace, where something is. */
function Notes({ tree: { nodes, doubles, warnings } }: { readonly tree: TraceTree }): ReactNode {
  const missing = nodes.filter(({ root }) => root === 'parent-missing').length;
  const circles = nodes.filter(({ root }) => root === 'circle').length;
  const skewed = nodes.reduce((most, node) => (node.skewUs > (most?.skewUs ?? 0) ? node : most), nodes[0]);
  const caller = skewed === undefined ? undefined : nodes[skewed.parent];
  const notes = [
    ...warnings,
    missing > 0 && `${formatNumber(missing)} spans have a parent that has not been sent.`,
    circles > 0 &&
      `${formatNumber(circles)} spans are their own ancestors; the circle is cut at the earliest.`,
    doubles > 0 && `${formatNumber(doubles)} spans came twice and are shown once.`,
    skewed !== undefined &&
      caller !== undefined &&
      skewed.skewUs > 0 &&
      `Clocks of ${caller.service} and ${skewed.service} differ by ${microsText(skewed.skewUs)} at least; times are shown as recorded.`,
  ].filter((note) => typeof note === 'string');
  if (notes.length === 0) return null;
  return (
    <ul className="hint">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

/** Where one goes on from a trace. */
export function TraceActions({ tree, path }: { readonly tree: TraceTree; readonly path: string }): ReactNode {
  const { traceId, startUs, durationUs } = tree;
  const root = tree.nodes[tree.root];
  const logs = logsTarget('');
  const times = {
    from: String(Math.floor(startUs / 1000) - AROUND_MS),
    to: String(Math.ceil((startUs + durationUs) / 1000) + AROUND_MS),
  };
  return (
    <>
      <Link to={withQuery(logs.path, { ...times, trace_id: traceId })}>Logs of this trace</Link>
      <Link
        to={keepingRange(pathOf({ page: 'traces' }), {
          service: root?.service,
          operation: root?.operation,
          pick: traceId,
        })}
      >
        Compare with another
      </Link>
      <a href={path} target="_blank" rel="noreferrer">
        JSON
      </a>
    </>
  );
}
