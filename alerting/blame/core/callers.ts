/** Who calls a service, and how that went since a burn began: who is hurt by it. */
import type { Caller } from '#alerting/ports.ts';
import type { GraphView } from '#alerting/blame/core/graph-view.ts';

/** More names are no help on a page. */
export const CALLERS_MAX = 5;

/** By what the callers saw: those with the most failures first, then those that called most. */
export function callersOf(service: string, view: GraphView): readonly Caller[] {
  return (view.incoming.get(service) ?? [])
    .map(({ caller, called }) => ({ service: caller, calls: called.now.count, failed: called.now.failed }))
    .filter(({ calls }) => calls > 0)
    .toSorted(
      (left, right) =>
        right.failed - left.failed || right.calls - left.calls || (left.service < right.service ? -1 : 1),
    )
    .slice(0, CALLERS_MAX);
}
