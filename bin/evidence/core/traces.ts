/** Failing traces in a few words each, for when they are no longer stored. */
import type { KeptTrace } from '#alerting/kept-evidence.ts';
import type { Incident } from '#alerting/ports.ts';
import { nanos } from '#bin/evidence/core/logs.ts';
import { shortName } from '#bin/evidence/core/text.ts';
import type { Window } from '#bin/evidence/core/window.ts';
import { UNKNOWN_SERVICE, type Span } from '#signals/model.ts';
import type { Trace, TraceSearch } from '#storage/ports.ts';

/** Looked for, where the engine froze none. */
const FOUND_MAX = 5;
/** Services named per trace. */
const SERVICES_MAX = 5;
const NANOS_PER_MS = 1e6;

/** Failing calls of the suspect, or of the service itself. */
export function failingSearch(
  { service, evidence }: Pick<Incident, 'service' | 'evidence'>,
  { startMs, endMs }: Window,
): TraceSearch {
  return {
    service: evidence.suspects[0]?.service ?? service,
    operation: undefined,
    attributes: { error: 'true' },
    durationNanosMin: undefined,
    durationNanosMax: undefined,
    startUnixNanosMin: nanos(startMs),
    startUnixNanosMax: nanos(endMs),
    tracesMax: FOUND_MAX,
  };
}

/** Newest first. */
export function keptTraces(traces: readonly Trace[]): readonly KeptTrace[] {
  return traces.flatMap(keptTrace).toSorted((a, b) => b.startMs - a.startMs);
}

function keptTrace({ traceId, spans }: Trace): readonly KeptTrace[] {
  const root = rootOf(spans);
  if (root === undefined) return [];
  let startNanos = root.startUnixNanos;
  let endNanos = root.endUnixNanos;
  for (const span of spans) {
    if (span.startUnixNanos < startNanos) startNanos = span.startUnixNanos;
    if (span.endUnixNanos > endNanos) endNanos = span.endUnixNanos;
  }
  const failed = spans.filter(({ statusCode }) => statusCode === 'error');
  const services = [...new Set(failed.map((span) => shortName(serviceOf(span))))];
  return [
    {
      traceId,
      rootService: shortName(serviceOf(root)),
      rootOperation: shortName(root.name),
      startMs: Number(startNanos / 1000n) / 1000,
      durationMs: Number(endNanos - startNanos) / NANOS_PER_MS,
      spans: spans.length,
      failedSpans: failed.length,
      failedServices: services.slice(0, SERVICES_MAX),
    },
  ];
}

/** Spans come by start: the first without a parent, or the first of all. */
function rootOf(spans: readonly Span[]): Span | undefined {
  return spans.find(({ parentSpanId }) => parentSpanId === undefined) ?? spans[0];
}

function serviceOf({ resource }: Span): string {
  const name = resource.attributes.findLast(({ key }) => key === 'service.name')?.value;
  return name?.kind === 'string' ? name.value : UNKNOWN_SERVICE;
}
