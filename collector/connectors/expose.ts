/** What the connectors say about themselves. */
import type { Counter, Meter } from '#base/metrics.ts';
import type { Connectors } from '#collector/connectors/core/connectors.ts';
import { METRICS } from '#signals/registry.ts';

export function exposeConnectors(meter: Meter, { spanmetrics, servicegraph }: Connectors): void {
  const overflow = meter.counter(METRICS.connectorOverflow);
  const overflowOf = (connector: string): ((total: number) => void) =>
    sinceLast({ add: (value) => overflow.add(value, { connector }) });
  const spansBeyond = overflowOf('spanmetrics');
  const requestsBeyond = overflowOf('servicegraph');
  const edges = sinceLast(meter.counter(METRICS.graphEdges));
  const expired = sinceLast(meter.counter(METRICS.graphExpired));
  const dropped = sinceLast(meter.counter(METRICS.graphDropped));
  const waiting = meter.gauge(METRICS.graphWaiting);
  meter.onCollect(() => {
    if (spanmetrics !== undefined) spansBeyond(spanmetrics.overflowed);
    if (servicegraph === undefined) return;
    const { counts } = servicegraph;
    requestsBeyond(counts.overflowed);
    edges(counts.edges);
    expired(counts.expired);
    dropped(counts.dropped);
    waiting.set(servicegraph.waiting);
  });
}

/** Adds what came since the last time to a counter that is kept elsewhere. */
function sinceLast(counter: Counter): (total: number) => void {
  let counted = 0;
  return (total) => {
    counter.add(total - counted);
    counted = total;
  };
}
