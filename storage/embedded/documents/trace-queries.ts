/** Questions about spans, as SQL with named parameters. */
import type { TraceSearch } from '#storage/ports.ts';
import { searchTerms } from '#storage/embedded/documents/core/attribute-text.ts';
import type { TraceKey } from '#storage/embedded/documents/core/ids.ts';
import type { Parameters } from '#storage/embedded/documents/duckdb.ts';
import { SPAN_KINDS } from '#signals/model.ts';

export interface Query {
  readonly sql: string;
  readonly parameters: Parameters;
}

/** Collects conditions; every value becomes a parameter. */
export class Conditions {
  readonly #conditions: string[] = [];
  readonly #parameters: Record<string, bigint | string | number> = {};
  #bound = 0;

  /** The name under which `value` can be used in a condition. */
  bind(value: bigint | string | number): string {
    const name = `p${this.#bound++}`;
    this.#parameters[name] = value;
    return `$${name}`;
  }

  add(condition: string): void {
    this.#conditions.push(condition);
  }

  /** One attribute pair must be on the item, its resource or its scope, or one of `others` must hold. */
  addAttribute(key: string, value: string, others: readonly string[] = []): void {
    this.add(this.attribute(key, value, others));
  }

  /** What {@link addAttribute} adds, as text for another condition. */
  attribute(key: string, value: string, others: readonly string[] = []): string {
    const terms = searchTerms(key, value).map((term) => this.bind(term));
    const found = ['attributes', 'resource', 'scope'].flatMap((column) =>
      terms.map((term) => `contains(${column}, ${term})`),
    );
    return `(${[...others, ...found].join(' or ')})`;
  }

  get where(): string {
    return this.#conditions.length === 0 ? '' : `where ${this.#conditions.join(' and ')}`;
  }

  get parameters(): Parameters {
    return this.#parameters;
  }
}

/** Ids of the traces with a matching span, and the newest start of such a span. */
export function searchQuery(source: string, search: TraceSearch): Query {
  const conditions = new Conditions();
  conditions.add(`service = ${conditions.bind(search.service)}`);
  conditions.add(`start_ns >= ${conditions.bind(search.startUnixNanosMin)}`);
  conditions.add(`start_ns <= ${conditions.bind(search.startUnixNanosMax)}`);
  if (search.operation !== undefined) conditions.add(`name = ${conditions.bind(search.operation)}`);
  if (search.durationNanosMin !== undefined)
    conditions.add(`duration_ns >= ${conditions.bind(search.durationNanosMin)}`);
  if (search.durationNanosMax !== undefined)
    conditions.add(`duration_ns <= ${conditions.bind(search.durationNanosMax)}`);
  for (const [key, value] of Object.entries(search.attributes)) {
    conditions.addAttribute(key, value, pseudoTag(conditions, key, value));
  }
  return {
    sql: `select trace_high, trace_low, max(start_ns) as newest from ${source} ${conditions.where}
      group by trace_high, trace_low order by newest desc, trace_high, trace_low limit ${conditions.bind(search.tracesMax)}`,
    parameters: conditions.parameters,
  };
}

/** Tags Jaeger shows that are no attributes of ours but fields of the span. */
function pseudoTag(conditions: Conditions, key: string, value: string): string[] {
  switch (key) {
    case 'error':
      return value === 'true' ? ['status = 2'] : [];
    case 'span.kind': {
      const kind = SPAN_KINDS.findIndex((name) => name === value);
      return kind > 0 ? [`kind = ${kind}`] : [];
    }
    case 'otel.status_code': {
      const code = ['UNSET', 'OK', 'ERROR'].indexOf(value.toUpperCase());
      return code >= 0 ? [`status = ${code}`] : [];
    }
    case 'otel.status_description':
      return [`status_message = ${conditions.bind(value)}`];
    case 'w3c.tracestate':
      return [`trace_state = ${conditions.bind(value)}`];
    default:
      return [];
  }
}

/** All spans of the given traces, at most `spansMax`. */
export function spansQuery(source: string, traces: readonly TraceKey[], spansMax: number): Query {
  const conditions = new Conditions();
  const lows = traces.map(({ low }) => conditions.bind(low));
  conditions.add(`trace_low in (${lows.join(', ')})`);
  if (traces.length === 1) conditions.add(`trace_high = ${conditions.bind(traces[0]?.high ?? 0n)}`);
  return {
    sql: `select * from ${source} ${conditions.where} limit ${conditions.bind(spansMax)}`,
    parameters: conditions.parameters,
  };
}
