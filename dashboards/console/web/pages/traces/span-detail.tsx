import type { ReactNode } from 'react';
import { formatShare } from '#dashboards/console/core/numbers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { linksOf, processOf, tagText, type Trace } from '#dashboards/console/core/trace/answer.ts';
import { whyFailed } from '#dashboards/console/core/trace/cause.ts';
import type { CriticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import { viewText } from '#dashboards/console/core/trace/minimap.ts';
import type { SpanNode, TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { microsText, nameText, valueText } from '#dashboards/console/core/trace/words.ts';
import { changeQuery, keepingRange } from '#dashboards/console/web/data/location.ts';
import { ServiceName } from '#dashboards/console/web/pages/traces/service-name.tsx';
import { SpanLogs } from '#dashboards/console/web/pages/traces/span-logs.tsx';
import { Section, TagTable } from '#dashboards/console/web/pages/traces/tag-table.tsx';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

interface SpanDetailProps {
  readonly tree: TraceTree;
  readonly critical: CriticalPath;
  readonly processes: Trace['processes'];
  readonly node: SpanNode;
  /** It was chosen for the reader, not by them. */
  readonly isFirstCause: boolean;
  readonly onSelect: (node: SpanNode, how: 'push' | 'replace') => void;
  readonly onClose: () => void;
}

/** Made from fields of the span, shown as facts: not again among the attributes. */
const SHOWN_AS_FACTS = ['span.kind', 'otel.scope.name', 'otel.scope.version', 'otel.status_code', 'error'];

/** Everything that is known of a span. */
export function SpanDetail(props: SpanDetailProps): ReactNode {
  const { tree, processes, node, onClose } = props;
  const { span, service, operation } = node;
  const links = linksOf(span);
  const process = processOf({ processes }, span.processID);
  return (
    <Panel
      title={nameText(operation)}
      className="span-detail"
      aside={`Span ${nameText(operation)} of ${service}`}
      meaning={<ServiceName name={service} />}
      actions={
        <button type="button" className="quiet" onClick={onClose} aria-label="Close the span">
          Close
        </button>
      }
    >
      <Why {...props} />
      <Facts {...props} />
      {span.warnings?.map((warning) => (
        <p key={warning} className="hint">
          ◆ {warning}
        </p>
      ))}
      <Section name="attributes" title="Attributes" count={span.tags.length} isOpen>
        <TagTable tags={span.tags.filter(({ key }) => !SHOWN_AS_FACTS.includes(key))} service={service} />
      </Section>
      {span.logs.length > 0 && (
        <Section name="events" title="Events" count={span.logs.length} isOpen>
          {span.logs.map(({ timestamp, fields }, index) => (
            <div key={index} className="span-event">
              <h4>
                {nameText(tagText(fields, 'event') || 'event')}{' '}
                <span className="hint">{microsText(timestamp - span.startTime)} after its start</span>
              </h4>
              <TagTable tags={fields.filter(({ key }) => key !== 'event')} service={undefined} />
            </div>
          ))}
        </Section>
      )}
      {links.length > 0 && (
        <Section name="links" title="Links" count={links.length} isOpen>
          <ul>
            {links.map(({ traceID, spanID }, index) => (
              <li key={index}>
                <Link
                  to={keepingRange(pathOf({ page: 'trace', id: traceID }), { span: spanID })}
                  className="mono"
                >
                  {traceID === tree.traceId ? 'in this trace' : traceID} · {spanID}
                </Link>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <SpanLogs key={span.spanID} span={span} />
      <Section name="resource" title="Resource" count={process?.tags.length ?? 0} isOpen={false}>
        <TagTable tags={process?.tags ?? []} service={service} />
      </Section>
    </Panel>
  );
}

/** Why it is the failing one, and the way to the cause if that is farther down. */
function Why({ tree, node, isFirstCause, onSelect }: SpanDetailProps): ReactNode {
  const why = whyFailed(tree, node);
  if (why === undefined) return null;
  const below = why.below === undefined ? undefined : tree.nodes[why.below];
  return (
    <div className="failure why">
      <p>
        <b className="state-burning">▲ {isFirstCause ? 'Failed; the first cause' : 'Failed'}</b>
        {why.says !== '' && <>: {valueText(why.says)}</>}
      </p>
      <p className="label">
        {why.place}{' '}
        {below !== undefined && (
          <button type="button" className="plain-button go" onClick={() => onSelect(below, 'push')}>
            Go to {nameText(below.service)} {nameText(below.operation)}
          </button>
        )}
      </p>
    </div>
  );
}

function Facts({ tree, critical, node, onSelect }: SpanDetailProps): ReactNode {
  const { span, startUs, durationUs, selfUs, kind } = node;
  const parent = tree.nodes[node.parent];
  const root = tree.nodes[tree.root];
  const pathUs = (critical.segments.get(node.index) ?? []).reduce(
    (sum, segment) => sum + segment.endUs - segment.startUs,
    0,
  );
  const scope = [tagText(span.tags, 'otel.scope.name'), tagText(span.tags, 'otel.scope.version')]
    .join(' ')
    .trim();
  return (
    <dl className="facts">
      <dt>duration</dt>
      <dd>
        {microsText(durationUs)}, {microsText(selfUs)} by itself
      </dd>
      <dt>starts</dt>
      <dd>
        {microsText(startUs)} after the trace began{' '}
        <button
          type="button"
          className="copy quiet"
          onClick={() =>
            changeQuery({ z: viewText({ startUs, endUs: startUs + durationUs }, tree.durationUs) })
          }
        >
          zoom to it
        </button>
      </dd>
      <dt>critical path</dt>
      <dd>
        {pathUs === 0
          ? critical.onPath.has(node.index)
            ? 'through what is below it'
            : 'not on it'
          : `${microsText(pathUs)}, ${formatShare(pathUs / Math.max(1, root?.durationUs ?? 0))} of the trace`}
      </dd>
      <dt>kind</dt>
      <dd>{kind === '' ? 'not said' : nameText(kind)}</dd>
      <dt>parent</dt>
      <dd>
        {parent === undefined ? (
          {
            'no-parent': 'none: it is a root',
            'parent-missing': 'has not been sent',
            circle: 'a circle, cut here',
          }[node.root ?? 'no-parent']
        ) : (
          <button type="button" className="plain-button go" onClick={() => onSelect(parent, 'push')}>
            {nameText(parent.service)} {nameText(parent.operation)}
          </button>
        )}
      </dd>
      <dt>span id</dt>
      <dd>
        <span className="mono">{span.spanID}</span> <Copy text={span.spanID} label="copy" />
      </dd>
      {scope !== '' && (
        <>
          <dt>made by</dt>
          <dd>{nameText(scope)}</dd>
        </>
      )}
    </dl>
  );
}
