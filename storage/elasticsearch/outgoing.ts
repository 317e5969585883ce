/** Records of the journal as documents to be written, one at a time. */
import { isCoded } from '#base/errors.ts';
import type { JournalRecord } from '#journal/ports.ts';
import {
  documentToJson,
  LOGS_STREAM,
  logDocument,
  spanDocument,
  TRACES_STREAM,
  type DataStream,
  type SignalDocument,
} from '#signals/elasticsearch/documents.ts';
import type { LogRecord, Resource, Scope, Span } from '#signals/model.ts';
import type { LogColumns, SpanColumns } from '#signals/otlp/columns.ts';
import { decodeLog, decodeResource, decodeScope, decodeSpan } from '#signals/otlp/decode.ts';
import { scanLogs } from '#signals/otlp/scan-logs.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { valueAsText } from '#signals/value-text.ts';
import { routeOf, type Route, type Routing } from '#storage/elasticsearch/core/routing.ts';
import {
  scopeAttributes,
  sharedPart,
  storedItemJson,
  type SharedPart,
  type StoredItem,
} from '#storage/elasticsearch/stored-item.ts';

/** One item with its resource, as in the embedded store: a larger one would fill a request alone. */
export const ITEM_BYTES_MAX = 8 * 2 ** 20;

export interface Outgoing {
  readonly kind: 'document';
  /** The item's id, also the document's. */
  readonly id: string;
  readonly ordinal: number;
  /** Stream or index it goes to. */
  readonly target: string;
  readonly json: string;
  /**
   * The same without what strangers named: attributes and the structure of the
   * body. For a server that refuses the whole; our reader sees no difference.
   */
  readonly reducedJson: () => string;
}

/** What cannot be written. */
export interface Unfit {
  readonly kind: 'unfit';
  /** Undefined: the whole record. */
  readonly ordinal: number | undefined;
  readonly reason: 'malformed' | 'too_large';
  readonly detail: string;
}

/** Of `otlp-traces` and `otlp-logs`. Documents are made as they are asked for. */
export function* outgoingOf(record: JournalRecord, routing: Routing): Generator<Outgoing | Unfit> {
  try {
    yield* record.kind === 'otlp-logs' ? logsOf(record, routing) : spansOf(record, routing);
  } catch (error) {
    if (!isCoded(error, 'PLIM_BODY_MALFORMED')) throw error;
    yield { kind: 'unfit', ordinal: undefined, reason: 'malformed', detail: error.message };
  }
}

/** What tells one signal from the other. */
interface Signal<Item> {
  readonly stream: DataStream;
  /** Of the item in the record's body. */
  readonly bytes: (ordinal: number) => Uint8Array;
  /** Without resource and scope. */
  readonly decode: (ordinal: number) => Item;
  readonly unixNanos: (item: Item) => bigint;
  readonly message: (item: Item) => string | undefined;
  readonly document: (item: Item, stream: DataStream) => SignalDocument;
  readonly reduced: (item: Item) => Item;
}

function spansOf(record: JournalRecord, routing: Routing): Generator<Outgoing | Unfit> {
  const columns = scanSpans(record.body);
  const bare = { ...columns, resources: [], scopes: [] };
  const { spanOffset, spanLength } = columns;
  return itemsOf<Span>(
    { record, routing, columns },
    {
      stream: TRACES_STREAM,
      bytes: (ordinal) => partOf(record.body, spanOffset[ordinal], spanLength[ordinal]),
      decode: (ordinal) => decodeSpan(bare, ordinal, record.id),
      unixNanos: ({ startUnixNanos }) => startUnixNanos,
      message: () => undefined,
      document: spanDocument,
      reduced: withoutAttributes,
    },
  );
}

function logsOf(record: JournalRecord, routing: Routing): Generator<Outgoing | Unfit> {
  const columns = scanLogs(record.body);
  const bare = { ...columns, resources: [], scopes: [] };
  const { recordOffset, recordLength } = columns;
  return itemsOf<LogRecord>(
    { record, routing, columns },
    {
      stream: LOGS_STREAM,
      bytes: (ordinal) => partOf(record.body, recordOffset[ordinal], recordLength[ordinal]),
      decode: (ordinal) => decodeLog(bare, ordinal, record.id, record.receivedUnixNanos),
      unixNanos: ({ unixNanos }) => unixNanos,
      message: ({ body }) => valueAsText(body),
      document: logDocument,
      reduced: (log) => withoutStructure(withoutAttributes(log)),
    },
  );
}

interface Source {
  readonly record: JournalRecord;
  readonly routing: Routing;
  readonly columns: SpanColumns | LogColumns;
}

function* itemsOf<Item extends Span | LogRecord>(
  { record, routing, columns }: Source,
  signal: Signal<Item>,
): Generator<Outgoing | Unfit> {
  const shared = sharedOf(columns);
  for (let ordinal = 0; ordinal < columns.count; ordinal += 1) {
    const bytes = signal.bytes(ordinal);
    yield unlessUnfit(ordinal, bytes.length + shared.bytes(ordinal), () => {
      const { resource, scope } = shared.of(ordinal);
      const item: Item = { ...signal.decode(ordinal), resource: resource.value, scope: scope.value };
      const { attributes } = item;
      const route = routeOf(routing, signal.stream, [
        attributes,
        scope.value.attributes,
        resource.value.attributes,
      ]);
      const stored = storedItemJson({
        ...partsOf(record, ordinal, shared, bytes),
        unixNanos: signal.unixNanos(item),
        attributes,
        message: signal.message(item),
      });
      return outgoing(item.id, ordinal, route, {
        whole: () => join(signal.document(item, route.stream), stored),
        reduced: () => join(signal.document(signal.reduced(item), route.stream), stored),
      });
    });
  }
}

function partOf(body: Uint8Array, offset = 0, length = 0): Uint8Array {
  return body.subarray(offset, offset + length);
}

function outgoing(
  id: string,
  ordinal: number,
  { target }: Route,
  json: { readonly whole: () => string; readonly reduced: () => string },
): Outgoing {
  return { kind: 'document', id, ordinal, target, json: json.whole(), reducedJson: json.reduced };
}

function join(document: Parameters<typeof documentToJson>[0], stored: string): string {
  return `${documentToJson(document).slice(0, -1)},"plimsoll":${stored}}`;
}

const NO_RESOURCE: Resource = { attributes: [] };
const NO_SCOPE: Scope = { name: '', version: '', attributes: [] };

function withoutAttributes<Item extends Span | LogRecord>(item: Item): Item {
  return {
    ...item,
    attributes: [],
    ...('events' in item ? { events: [], links: [] } : {}),
    resource: NO_RESOURCE,
    scope: { ...item.scope, attributes: [] },
  };
}

function withoutStructure(log: LogRecord): LogRecord {
  return { ...log, body: { kind: 'string', value: valueAsText(log.body) } };
}

interface Decoded<T> {
  readonly value: T;
  readonly part: SharedPart;
}

/** Resources and scopes, decoded once each. */
interface Shared {
  of(ordinal: number): { readonly resource: Decoded<Resource>; readonly scope: Decoded<Scope> };
  service(ordinal: number): string;
  bytes(ordinal: number): number;
}

function sharedOf(columns: SpanColumns | LogColumns): Shared {
  const { body } = columns;
  const resources = columns.resources.map((resource) => {
    const value = decodeResource(body, resource);
    const { resourceOffset: at, resourceLength: length } = resource;
    return { value, part: sharedPart(value.attributes, body.subarray(at, at + length)) };
  });
  const scopes = columns.scopes.map((scope) => {
    const value = decodeScope(body, scope);
    const { scopeOffset: at, scopeLength: length } = scope;
    return { value, part: sharedPart(scopeAttributes(value), body.subarray(at, at + length)) };
  });
  const none = new Uint8Array(0);
  const noResource = { value: NO_RESOURCE, part: sharedPart([], none) };
  const noScope = { value: NO_SCOPE, part: sharedPart(scopeAttributes(NO_SCOPE), none) };
  const columnsOf = (ordinal: number) => columns.resources[columns.resource[ordinal] ?? 0];
  return {
    of: (ordinal) => ({
      resource: resources[columns.resource[ordinal] ?? 0] ?? noResource,
      scope: scopes[columns.scope[ordinal] ?? 0] ?? noScope,
    }),
    service: (ordinal) => columnsOf(ordinal)?.serviceName ?? '',
    bytes: (ordinal) =>
      (columnsOf(ordinal)?.resourceLength ?? 0) +
      (columns.scopes[columns.scope[ordinal] ?? 0]?.scopeLength ?? 0),
  };
}

function partsOf(
  record: JournalRecord,
  ordinal: number,
  shared: Shared,
  item: Uint8Array,
): Pick<StoredItem, 'record' | 'ordinal' | 'service' | 'resource' | 'scope' | 'item'> {
  const { resource, scope } = shared.of(ordinal);
  return {
    record,
    ordinal,
    service: shared.service(ordinal),
    resource: resource.part,
    scope: scope.part,
    item,
  };
}

function unlessUnfit(ordinal: number, bytes: number, make: () => Outgoing): Outgoing | Unfit {
  if (bytes > ITEM_BYTES_MAX) {
    const detail = `${bytes} bytes with its resource; at most ${ITEM_BYTES_MAX} are written`;
    return { kind: 'unfit', ordinal, reason: 'too_large', detail };
  }
  try {
    return make();
  } catch (error) {
    if (!isCoded(error, 'PLIM_BODY_MALFORMED')) throw error;
    return { kind: 'unfit', ordinal, reason: 'malformed', detail: error.message };
  }
}
