/** Traces as Jaeger's API answers them, and what can be read off a single span. */

export interface Tag {
  readonly key: string;
  readonly type: string;
  readonly value: string | number | boolean;
}

export interface Reference {
  readonly refType: 'CHILD_OF' | 'FOLLOWS_FROM';
  readonly traceID: string;
  readonly spanID: string;
}

export interface SpanEvent {
  /** Microseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly fields: readonly Tag[];
}

export interface Span {
  readonly traceID: string;
  readonly spanID: string;
  readonly processID: string;
  readonly operationName: string;
  /** Microseconds since the Unix epoch. */
  readonly startTime: number;
  /** Microseconds. */
  readonly duration: number;
  readonly references: readonly Reference[];
  readonly tags: readonly Tag[];
  readonly logs: readonly SpanEvent[];
  readonly warnings: readonly string[] | null;
}

export interface Process {
  readonly serviceName: string;
  readonly tags: readonly Tag[];
}

export interface Trace {
  readonly traceID: string;
  readonly spans: readonly Span[];
  readonly processes: Readonly<Record<string, Process>>;
  readonly warnings: readonly string[] | null;
}

export interface TracesAnswer {
  readonly data: readonly Trace[] | null;
}

export interface NamesAnswer {
  readonly data: readonly string[] | null;
}

export interface DependenciesAnswer {
  readonly data: readonly Dependency[] | null;
}

export interface Dependency {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
}

/** '' where the span has no such tag. */
export function tagText(tags: readonly Tag[], key: string): string {
  for (const tag of tags) if (tag.key === key) return String(tag.value);
  return '';
}

// The next two run for every span of a trace: loops, because closures cost there.

export function hasFailed({ tags }: Span): boolean {
  for (const { key, value } of tags) {
    if (key === 'error' && (value === true || value === 'true')) return true;
    if (key === 'otel.status_code' && value === 'ERROR') return true;
  }
  return false;
}

/** Undefined for a root. A link is no parent, even one within the trace. */
export function parentOf({ references, traceID }: Span): string | undefined {
  for (const one of references) {
    if (one.refType === 'CHILD_OF' && one.traceID === traceID) return one.spanID;
  }
  return undefined;
}

/** References beside the parent. */
export function linksOf(span: Span): readonly Reference[] {
  const parent = span.references.find((one) => one.refType === 'CHILD_OF' && one.traceID === span.traceID);
  return span.references.filter((one) => one !== parent);
}

export function serviceOf({ processes }: Pick<Trace, 'processes'>, { processID }: Span): string {
  return processOf({ processes }, processID)?.serviceName ?? '';
}

export function processOf({ processes }: Pick<Trace, 'processes'>, processID: string): Process | undefined {
  return Object.hasOwn(processes, processID) ? processes[processID] : undefined;
}

/** The service a span calls, as its own SDK or the connectors name it; '' when it calls none. */
export function peerOf({ tags }: Span): string {
  return tagText(tags, 'service.peer.name') || tagText(tags, 'peer.service');
}
