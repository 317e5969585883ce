/** Records of the journal as documents to be written, one at a time. */
import { isCoded } from '#base/errors.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { fieldsToJson, type Field } from '#signals/elasticsearch/document-json.ts';
import {
  LOGS_STREAM,
  logFields,
  resourceField,
  scopeField,
  spanFields,
  TRACES_STREAM,
  type DataStream,
} from '#signals/elasticsearch/documents.ts';
import type { LogRecord, Resource, Scope, Span } from '#signals/model.ts';
import type { LogColumns, SpanColumns } from '#signals/otlp/columns.ts';
import { decodeLog, decodeResource, decodeScope, decodeSpan } from '#signals/otlp/decode.ts';
import { scanLogs } from '#signals/otlp/scan-logs.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { valueAsText } from '#signals/value-text.ts';
import { Router, type Routing, type Said } from '#storage/elasticsearch/core/routing.ts';
import {
  recordPart,
  scopeAttributes,
  sharedPart,
  storedItemJson,
  type SharedPart,
} from '#storage/elasticsearch/stored-item.ts';

/** One item with its resource, as in the embedded store: a larger one would fill a request alone. */
export const ITEM_BYTES_MAX = 8 * 2 ** 20;

/**
 * `reduced`: without what strangers named, that is attributes and the structure
 * of the body. For a server that refuses the whole; our reader sees no difference.
 */
export type Form = 'whole' | 'reduced';

export interface Outgoing {
  readonly kind: 'document';
  /** The item's id, also the document's. */
  readonly id: string;
  readonly ordinal: number;
  /** Stream or index it goes to. */
  readonly target: string;
  readonly json: string;
}

/** What cannot be written. */
export interface Unfit {
  readonly kind: 'unfit';
  /** Undefined: the whole record. */
  readonly ordinal: number | undefined;
  readonly reason: 'malformed' | 'too_large';
  readonly detail: string;
}

export interface OutgoingOptions {
  readonly routing: Routing;
  readonly form: Form;
  /** Undefined: all items. */
  readonly ordinals?: ReadonlySet<number>;
}

/** Of `otlp-traces` and `otlp-logs`. Documents are made as they are asked for. */
export function* outgoingOf(record: JournalRecord, options: OutgoingOptions): Generator<Outgoing | Unfit> {
  try {
    yield* record.kind === 'otlp-logs' ? logsOf(record, options) : spansOf(record, options);
  } catch (error) {
    if (!isCoded(error, 'PLIM_BODY_MALFORMED')) throw error;
    yield { kind: 'unfit', ordinal: undefined, reason: 'malformed', detail: error.message };
  }
}

/** What tells one signal from the other. */
interface Signal<Item> {
  readonly stream: DataStream;
  /** Of the items in the record's body. */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  /** Without resource and scope. */
  readonly decode: (ordinal: number) => Item;
  readonly unixNanos: (item: Item) => bigint;
  readonly message: (item: Item) => string | undefined;
  readonly fields: (item: Item, stream: DataStream) => readonly Field[];
  readonly reduced: (item: Item) => Item;
}

function spansOf(record: JournalRecord, options: OutgoingOptions): Generator<Outgoing | Unfit> {
  const columns = scanSpans(record.body);
  const bare = { ...columns, resources: [], scopes: [] };
  return itemsOf<Span>(
    { record, options, columns },
    {
      stream: TRACES_STREAM,
      offsets: columns.spanOffset,
      lengths: columns.spanLength,
      decode: (ordinal) => decodeSpan(bare, ordinal, record.id),
      unixNanos: ({ startUnixNanos }) => startUnixNanos,
      message: () => undefined,
      fields: spanFields,
      reduced: (span) => ({ ...span, attributes: [], events: [], links: [] }),
    },
  );
}

function logsOf(record: JournalRecord, options: OutgoingOptions): Generator<Outgoing | Unfit> {
  const columns = scanLogs(record.body);
  const bare = { ...columns, resources: [], scopes: [] };
  return itemsOf<LogRecord>(
    { record, options, columns },
    {
      stream: LOGS_STREAM,
      offsets: columns.recordOffset,
      lengths: columns.recordLength,
      decode: (ordinal) => decodeLog(bare, ordinal, record.id, record.receivedUnixNanos),
      unixNanos: ({ unixNanos }) => unixNanos,
      message: ({ body }) => valueAsText(body),
      fields: logFields,
      reduced: (log) => ({ ...log, attributes: [], body: { kind: 'string', value: valueAsText(log.body) } }),
    },
  );
}

interface Source {
  readonly record: JournalRecord;
  readonly options: OutgoingOptions;
  readonly columns: SpanColumns | LogColumns;
}

function* itemsOf<Item extends Span | LogRecord>(
  { record, options, columns }: Source,
  signal: Signal<Item>,
): Generator<Outgoing | Unfit> {
  const { form, ordinals } = options;
  const router = new Router(options.routing, signal.stream);
  const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.byteLength);
  const shared = sharedOf({ columns, body, router, form });
  const part = recordPart(record);
  for (let ordinal = 0; ordinal < columns.count; ordinal += 1) {
    if (ordinals?.has(ordinal) === false) continue;
    const { resource, scope } = shared(ordinal);
    const [offset = 0, length = 0] = [signal.offsets[ordinal], signal.lengths[ordinal]];
    yield unlessUnfit(ordinal, length + resource.bytes + scope.bytes, () => {
      const item = signal.decode(ordinal);
      const { id, attributes } = item;
      const { target, stream } = router.route(router.saidBy(attributes), scope.said, resource.said);
      const fields = signal.fields(form === 'whole' ? item : signal.reduced(item), stream);
      const stored = storedItemJson({
        record: part,
        ordinal,
        service: resource.service,
        resource: resource.part,
        scope: scope.part,
        item: body.toString('base64', offset, offset + length),
        unixNanos: signal.unixNanos(item),
        attributes,
        message: signal.message(item),
      });
      const json = `{${fieldsToJson(fields)},${resource.json},${scope.json},"plimsoll":${stored}}`;
      return { kind: 'document', id, ordinal, target, json };
    });
  }
}

/** Of a resource or a scope: made once for all its items. */
interface Shared {
  /** Of its OTLP message. */
  readonly bytes: number;
  /** Its field of the document. */
  readonly json: string;
  readonly part: SharedPart;
  readonly said: Said;
}

interface SharedResource extends Shared {
  readonly service: string;
}

interface SharedSource {
  readonly columns: SpanColumns | LogColumns;
  readonly body: Buffer;
  readonly router: Router;
  readonly form: Form;
}

const NO_RESOURCE: Resource = { attributes: [] };
const NO_SCOPE: Scope = { name: '', version: '', attributes: [] };

function sharedOf({ columns, body, router, form }: SharedSource) {
  const base64 = (offset: number, length: number) => body.toString('base64', offset, offset + length);
  const resourceOf = (value: Resource, service: string, [offset, length]: Place): SharedResource => ({
    bytes: length,
    service,
    json: fieldsToJson([resourceField(form === 'whole' ? value : NO_RESOURCE)]),
    part: sharedPart(value.attributes, base64(offset, length)),
    said: router.saidBy(value.attributes),
  });
  const scopeOf = (value: Scope, [offset, length]: Place): Shared => ({
    bytes: length,
    json: fieldsToJson([scopeField(form === 'whole' ? value : { ...value, attributes: [] })]),
    part: sharedPart(scopeAttributes(value), base64(offset, length)),
    said: router.saidBy(value.attributes),
  });
  const resources = columns.resources.map((one) =>
    resourceOf(decodeResource(body, one), one.serviceName, [one.resourceOffset, one.resourceLength]),
  );
  const scopes = columns.scopes.map((one) =>
    scopeOf(decodeScope(body, one), [one.scopeOffset, one.scopeLength]),
  );
  const noResource = resourceOf(NO_RESOURCE, '', [0, 0]);
  const noScope = scopeOf(NO_SCOPE, [0, 0]);
  return (ordinal: number) => ({
    resource: resources[columns.resource[ordinal] ?? 0] ?? noResource,
    scope: scopes[columns.scope[ordinal] ?? 0] ?? noScope,
  });
}

type Place = readonly [offset: number, length: number];

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
