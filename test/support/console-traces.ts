/** Traces as Jaeger's API answers them, from a few words a span. */
import type { Span, Tag, Trace } from '#dashboards/console/core/trace/answer.ts';

export interface SpanWords {
  readonly id: string;
  readonly parent?: string;
  readonly service?: string;
  readonly operation?: string;
  readonly kind?: string;
  /** Microseconds since the start of the trace. */
  readonly at?: number;
  readonly takes?: number;
  readonly failed?: boolean;
  readonly tags?: Readonly<Record<string, string | number>>;
}

const ORIGIN_US = 1_800_000_000_000_000;

export function traceOf(words: readonly SpanWords[], traceID = 'a1'.repeat(16)): Trace {
  const names = [...new Set(words.map(({ service }) => service ?? 'quotes'))];
  const spans = words.map((one) => spanOf(one, traceID, `p${names.indexOf(one.service ?? 'quotes') + 1}`));
  const processes = names.map((serviceName, index) => [`p${index + 1}`, { serviceName, tags: [] }] as const);
  return { traceID, spans, processes: Object.fromEntries(processes), warnings: null };
}

function spanOf(words: SpanWords, traceID: string, processID: string): Span {
  const { id, parent, operation = id, kind, at = 0, takes = 10, failed = false, tags = {} } = words;
  const all = {
    ...tags,
    ...(kind === undefined ? {} : { 'span.kind': kind }),
    ...(failed ? { error: 'true' } : {}),
  };
  return {
    traceID,
    spanID: id,
    processID,
    operationName: operation,
    startTime: ORIGIN_US + at,
    duration: takes,
    references: parent === undefined ? [] : [{ refType: 'CHILD_OF', traceID, spanID: parent }],
    tags: Object.entries(all).map(([key, value]): Tag => ({ key, type: 'string', value })),
    logs: [],
    warnings: null,
  };
}
