/**
 * What failing traces have in common that healthy ones have not: values of
 * attributes, counted once a trace, those first of which it is surest that they
 * are over-represented. Few traces prove little, so bounds are compared, not shares.
 */

/** A trace as far as it is compared; shaped as Jaeger's API answers. */
export interface ComparableTrace {
  readonly spans: readonly {
    readonly processID: string;
    readonly operationName: string;
    readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  }[];
  readonly processes: Readonly<
    Record<
      string,
      {
        readonly serviceName: string;
        readonly tags?: readonly { readonly key: string; readonly value: unknown }[];
      }
    >
  >;
}

export interface Difference {
  readonly service: string;
  readonly key: string;
  readonly value: string;
  /** Traces that have it. */
  readonly failing: number;
  readonly healthy: number;
  /** Shares, 0 … 1. */
  readonly failingRatio: number;
  readonly healthyRatio: number;
  /** Least difference of the shares that is likely, 0 … 1. */
  readonly sureBy: number;
}

/** Says what failing is, or belongs to the telemetry and not to what happened. */
const SAYS_NOTHING = /^(?:error|span\.kind|otel\.status_code|otel\.scope\..*|internal\..*|telemetry\..*)$/;
/** A value that fewer traces have is chance. */
const TRACES_MIN = 2;
/** Texts are cut: two that agree for so long are one for a reader too. */
const VALUE_CHARS_MAX = 200;
/** Of each trace, so that one with 100,000 spans cannot stop the page. */
const SPANS_MAX = 2000;
const VALUES_MAX = 50_000;
const LISTED_MAX = 12;
/** Normal quantile of a 90 % interval. */
const Z = 1.645;

/**
 * The operation of each span counts as an attribute `operation`.
 *
 * @returns at most 12, surest first; none when either side has no trace
 */
export function differences(
  failing: readonly ComparableTrace[],
  healthy: readonly ComparableTrace[],
): readonly Difference[] {
  if (failing.length === 0 || healthy.length === 0) return [];
  const inFailing = countValues(failing);
  const inHealthy = countValues(healthy);
  const found: Difference[] = [];
  for (const [id, count] of inFailing) {
    if (count < Math.min(TRACES_MIN, failing.length)) continue;
    const others = inHealthy.get(id) ?? 0;
    const sureBy = lowerBound(count, failing.length) - upperBound(others, healthy.length);
    if (sureBy <= 0) continue;
    const [service = '', key = '', value = ''] = id.split('\u0000');
    found.push({
      service,
      key,
      value,
      failing: count,
      healthy: others,
      failingRatio: count / failing.length,
      healthyRatio: others / healthy.length,
      sureBy,
    });
  }
  return found.toSorted((a, b) => b.sureBy - a.sureBy || compareText(idOf(a), idOf(b))).slice(0, LISTED_MAX);
}

function countValues(traces: readonly ComparableTrace[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const trace of traces) {
    for (const id of valuesOf(trace)) {
      if (counts.size >= VALUES_MAX && !counts.has(id)) continue;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}

function valuesOf({ spans, processes }: ComparableTrace): ReadonlySet<string> {
  const found = new Set<string>();
  const used = new Set<string>();
  for (const { processID, operationName, tags } of spans.slice(0, SPANS_MAX)) {
    const process = processes[processID];
    const service = process?.serviceName ?? '';
    found.add(`${service}\u0000operation\u0000${textOf(operationName)}`);
    for (const tag of tags) add(found, service, tag);
    if (used.has(processID)) continue;
    used.add(processID);
    for (const tag of process?.tags ?? []) add(found, service, tag);
  }
  return found;
}

function add(
  found: Set<string>,
  service: string,
  tag: { readonly key: string; readonly value: unknown },
): void {
  if (!SAYS_NOTHING.test(tag.key)) found.add(`${service}\u0000${tag.key}\u0000${textOf(tag.value)}`);
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (text ?? '').slice(0, VALUE_CHARS_MAX).replaceAll('\u0000', ' ');
}

function idOf({ service, key, value }: Difference): string {
  return `${service} ${key} ${value}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** Bounds of a share, after Wilson. */
function lowerBound(count: number, of: number): number {
  return centre(count, of) - spread(count, of);
}

function upperBound(count: number, of: number): number {
  return centre(count, of) + spread(count, of);
}

function centre(count: number, of: number): number {
  return (count + (Z * Z) / 2) / (of + Z * Z);
}

function spread(count: number, of: number): number {
  return (Z / (of + Z * Z)) * Math.sqrt((count * (of - count)) / of + (Z * Z) / 4);
}
