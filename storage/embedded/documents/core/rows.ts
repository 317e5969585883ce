/** Items to rows and back. The way in works on columns, the way out builds the objects of a reader. */
import { parseJson } from '#signals/json.ts';
import { invariant } from '#base/invariant.ts';
import type { SpanId, TraceId } from '#signals/ids.ts';
import {
  SPAN_KINDS,
  STATUS_CODES,
  type AttributeValue,
  type LogRecord,
  type Resource,
  type Scope,
  type Span,
  type SpanEvent,
  type SpanLink,
} from '#signals/model.ts';
import {
  attributesFromJson,
  attributesFromText,
  attributesToText,
  valueFromJson,
} from '#storage/embedded/documents/core/attribute-text.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { spanIdOf, traceIdOf } from '#storage/embedded/documents/core/ids.ts';

/** `["nanos","name",attributes]` each; null when there are none. */
export function eventsToText(events: readonly SpanEvent[]): string | null {
  if (events.length === 0) return null;
  const parts = events.map(
    (event) => `["${event.unixNanos}",${JSON.stringify(event.name)},${attributesToText(event.attributes)}]`,
  );
  return `[${parts.join(',')}]`;
}

/** `["trace id","span id",attributes]` each; null when there are none. */
export function linksToText(links: readonly SpanLink[]): string | null {
  if (links.length === 0) return null;
  const parts = links.map(
    (link) => `["${link.traceId}","${link.spanId}",${attributesToText(link.attributes)}]`,
  );
  return `[${parts.join(',')}]`;
}

/** Scope name and version under the names Jaeger and OTel give them, then the scope's own attributes. */
export const SCOPE_NAME_KEY = 'otel.scope.name';
export const SCOPE_VERSION_KEY = 'otel.scope.version';

export function scopeToText(scope: Scope): string {
  const text = (key: string, value: string) => ({ key, value: { kind: 'string', value } as const });
  return attributesToText([
    text(SCOPE_NAME_KEY, scope.name),
    text(SCOPE_VERSION_KEY, scope.version),
    ...scope.attributes,
  ]);
}

function scopeFromText(stored: string): Scope {
  const [name, version, ...attributes] = attributesFromText(stored);
  invariant(
    name?.value.kind === 'string' && version?.value.kind === 'string',
    'a stored scope begins with its name and version',
  );
  return { name: name.value.value, version: version.value.value, attributes };
}

/** Resources and scopes repeat in nearly every row of an answer: parsed once each. */
export class SharedParts {
  readonly #resources = new Map<string, Resource>();
  readonly #scopes = new Map<string, Scope>();

  resource(stored: string): Resource {
    let resource = this.#resources.get(stored);
    if (resource === undefined) {
      resource = { attributes: attributesFromText(stored) };
      this.#resources.set(stored, resource);
    }
    return resource;
  }

  scope(stored: string): Scope {
    let scope = this.#scopes.get(stored);
    if (scope === undefined) {
      scope = scopeFromText(stored);
      this.#scopes.set(stored, scope);
    }
    return scope;
  }
}

export function spanFromRow(row: Row, shared: SharedParts): Span {
  const parent = wide(row, 'parent_id');
  return {
    id: itemIdOf(row),
    traceId: traceIdOf(wide(row, 'trace_high'), wide(row, 'trace_low')),
    spanId: spanIdOf(wide(row, 'span_id')),
    parentSpanId: parent === 0n ? undefined : spanIdOf(parent),
    traceState: text(row, 'trace_state'),
    flags: Number(row['flags']),
    name: text(row, 'name'),
    kind: SPAN_KINDS[Number(row['kind'])] ?? 'unspecified',
    startUnixNanos: wide(row, 'start_ns'),
    endUnixNanos: wide(row, 'end_ns'),
    statusCode: STATUS_CODES[Number(row['status'])] ?? 'unset',
    statusMessage: text(row, 'status_message'),
    attributes: attributesFromText(text(row, 'attributes')),
    events: triples(row, 'events').map(([nanos, name, attributes]) => ({
      unixNanos: BigInt(nanos),
      name,
      attributes: attributesFromJson(attributes),
    })),
    links: triples(row, 'links').map(([traceId, spanId, attributes]) => ({
      traceId: traceId as TraceId,
      spanId: spanId as SpanId,
      attributes: attributesFromJson(attributes),
    })),
    resource: shared.resource(text(row, 'resource')),
    scope: shared.scope(text(row, 'scope')),
  };
}

export function logFromRow(row: Row, shared: SharedParts): LogRecord {
  const high = wide(row, 'trace_high');
  const low = wide(row, 'trace_low');
  const spanId = wide(row, 'span_id');
  const typed = row['body'];
  const body: AttributeValue =
    typeof typed === 'string'
      ? valueFromJson(parseJson(typed))
      : { kind: 'string', value: text(row, 'message') };
  return {
    id: itemIdOf(row),
    unixNanos: wide(row, 'time_ns'),
    observedUnixNanos: wide(row, 'observed_ns'),
    severityNumber: Number(row['severity']),
    severityText: text(row, 'severity_text'),
    eventName: text(row, 'event_name'),
    body,
    traceId: high === 0n && low === 0n ? undefined : traceIdOf(high, low),
    spanId: spanId === 0n ? undefined : spanIdOf(spanId),
    attributes: attributesFromText(text(row, 'attributes')),
    resource: shared.resource(text(row, 'resource')),
    scope: shared.scope(text(row, 'scope')),
  };
}

/** The producer column is what stands before sequence and ordinal in an item id. */
export function producerText(node: string, epoch: number): string {
  return `${node}-${epoch.toString(36)}`;
}

/** Of any row that has the columns of its identity. */
export function itemIdOf(row: Row): string {
  const sequence = wide(row, 'sequence').toString(36);
  return `${text(row, 'producer')}-${sequence}-${Number(row['ordinal']).toString(36)}`;
}

function text(row: Row, column: string): string {
  const cell = row[column];
  return typeof cell === 'string' ? cell : '';
}

function wide(row: Row, column: string): bigint {
  const cell = row[column];
  invariant(typeof cell === 'bigint', `column ${column} holds 64-bit numbers`);
  return cell;
}

function triples(row: Row, column: string): readonly [string, string, unknown][] {
  const cell = row[column];
  return typeof cell === 'string' ? (parseJson(cell) as [string, string, unknown][]) : [];
}
