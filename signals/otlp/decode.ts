/** Items as objects, for people and APIs: one item at a time, from its columns. */
import { itemId, type RecordId, type SpanId, type TraceId } from '#signals/ids.ts';
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
import { decodeAttributes, decodeValue } from '#signals/otlp/attributes.ts';
import {
  textAt,
  type LogColumns,
  type ResourceColumns,
  type ScopeColumns,
  type SpanColumns,
} from '#signals/otlp/columns.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, FIXED32, FIXED64, WireReader } from '#signals/otlp/wire.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hex of `length` bytes. */
export function hexAt(body: Uint8Array, offset: number, length: number): string {
  let hex = '';
  for (let at = offset; at < offset + length; at += 1) hex += HEX[body[at] ?? 0] ?? '';
  return hex;
}

/** The columns say these 16 bytes are a valid trace id. */
export function traceIdAt(body: Uint8Array, offset: number): TraceId {
  return hexAt(body, offset, 16) as TraceId;
}

/** The columns say these 8 bytes are a valid span id. */
export function spanIdAt(body: Uint8Array, offset: number): SpanId {
  return hexAt(body, offset, 8) as SpanId;
}

export function decodeResource(body: Uint8Array, resource: ResourceColumns): Resource {
  const list = { body, offset: resource.resourceOffset, length: resource.resourceLength, field: 1 };
  return { attributes: decodeAttributes(list) };
}

/** `InstrumentationScope`: name 1, version 2, attributes 3. */
export function decodeScope(body: Uint8Array, scope: ScopeColumns): Scope {
  const list = { body, offset: scope.scopeOffset, length: scope.scopeLength, field: 3 };
  const reader = new WireReader(body, list.offset, list.offset + list.length);
  let name = '';
  let version = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = textOf(reader);
    else if (field === 2) version = textOf(reader);
  }
  return { name, version, attributes: decodeAttributes(list) };
}

/** @throws CodedError `PLIM_BODY_MALFORMED` in parts of the span the scan did not look into */
export function decodeSpan(columns: SpanColumns, ordinal: number, record: RecordId): Span {
  const { body } = columns;
  const at = (column: Uint32Array): number => column[ordinal] ?? 0;
  const parent = at(columns.parentSpanIdOffset);
  const list = { body, offset: at(columns.spanOffset), length: at(columns.spanLength), field: 9 };
  return {
    id: itemId(record, ordinal),
    traceId: traceIdAt(body, at(columns.traceIdOffset)),
    spanId: spanIdAt(body, at(columns.spanIdOffset)),
    parentSpanId: parent === 0 ? undefined : spanIdAt(body, parent),
    name: textAt(body, at(columns.nameOffset), at(columns.nameLength)),
    kind: SPAN_KINDS[columns.kind[ordinal] ?? 0] ?? 'unspecified',
    startUnixNanos: columns.startUnixNanos[ordinal] ?? 0n,
    endUnixNanos: columns.endUnixNanos[ordinal] ?? 0n,
    statusCode: STATUS_CODES[columns.statusCode[ordinal] ?? 0] ?? 'unset',
    attributes: decodeAttributes(list),
    ...decodeRest(new WireReader(body, list.offset, list.offset + list.length)),
    resource: resourceOf(columns, ordinal),
    scope: scopeOf(columns, ordinal),
  };
}

type Rest = Pick<Span, 'traceState' | 'flags' | 'statusMessage' | 'events' | 'links'>;

function decodeRest(reader: WireReader): Rest {
  let traceState = '';
  let flags = 0;
  let statusMessage = '';
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 3:
        traceState = textOf(reader);
        break;
      case 11:
        events.push(decodeEvent(reader));
        break;
      case 13:
        links.push(decodeLink(reader));
        break;
      case 15:
        statusMessage = decodeStatusMessage(reader) ?? statusMessage;
        break;
      case 16:
        reader.expect(FIXED32);
        flags = reader.fixed32At(reader.valueOffset) & 0xff;
        break;
      default:
        break;
    }
  }
  return { traceState, flags, statusMessage, events, links };
}

/** `Event`: time 1, name 2, attributes 3. */
function decodeEvent(reader: WireReader): SpanEvent {
  const list = { body: reader.bytes, offset: reader.valueOffset, length: reader.valueLength, field: 3 };
  const outerEnd = enter(reader);
  let unixNanos = 0n;
  let name = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1 && reader.type === FIXED64) unixNanos = reader.fixed64At(reader.valueOffset);
    else if (field === 2) name = textOf(reader);
  }
  leave(reader, outerEnd);
  return { unixNanos, name, attributes: decodeAttributes(list) };
}

/** `Link`: trace_id 1, span_id 2, attributes 4. Ids of a wrong length stay as they are. */
function decodeLink(reader: WireReader): SpanLink {
  const list = { body: reader.bytes, offset: reader.valueOffset, length: reader.valueLength, field: 4 };
  const outerEnd = enter(reader);
  let traceId = '';
  let spanId = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (reader.type !== BYTES) continue;
    if (field === 1) traceId = hexAt(reader.bytes, reader.valueOffset, reader.valueLength);
    else if (field === 2) spanId = hexAt(reader.bytes, reader.valueOffset, reader.valueLength);
  }
  leave(reader, outerEnd);
  return { traceId: traceId as TraceId, spanId: spanId as SpanId, attributes: decodeAttributes(list) };
}

function decodeStatusMessage(reader: WireReader): string | undefined {
  const outerEnd = enter(reader);
  let message: string | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next())
    if (field === 2) message = textOf(reader);
  leave(reader, outerEnd);
  return message;
}

/**
 * @param receivedUnixNanos stands in for an observed time of 0, as OTLP asks of receivers
 * @throws CodedError `PLIM_BODY_MALFORMED` in parts of the record the scan did not look into
 */
export function decodeLog(
  columns: LogColumns,
  ordinal: number,
  record: RecordId,
  receivedUnixNanos: bigint,
): LogRecord {
  const { body } = columns;
  const offset = columns.recordOffset[ordinal] ?? 0;
  const length = columns.recordLength[ordinal] ?? 0;
  const traceId = columns.traceIdOffset[ordinal] ?? 0;
  const spanId = columns.spanIdOffset[ordinal] ?? 0;
  const rest = decodeLogRest(new WireReader(body, offset, offset + length));
  const observedUnixNanos = rest.observedUnixNanos === 0n ? receivedUnixNanos : rest.observedUnixNanos;
  const unixNanos = columns.unixNanos[ordinal] ?? 0n;
  return {
    ...rest,
    id: itemId(record, ordinal),
    unixNanos: unixNanos === 0n ? observedUnixNanos : unixNanos,
    observedUnixNanos,
    severityNumber: columns.severityNumber[ordinal] ?? 0,
    traceId: traceId === 0 ? undefined : traceIdAt(body, traceId),
    spanId: spanId === 0 ? undefined : spanIdAt(body, spanId),
    attributes: decodeAttributes({ body, offset, length, field: 6 }),
    resource: resourceOf(columns, ordinal),
    scope: scopeOf(columns, ordinal),
  };
}

/** severity text 3, body 5, observed time 11, event name 12. */
function decodeLogRest(
  reader: WireReader,
): Pick<LogRecord, 'severityText' | 'body' | 'observedUnixNanos' | 'eventName'> {
  let severityText = '';
  let value: AttributeValue = { kind: 'empty' };
  let observedUnixNanos = 0n;
  let eventName = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 3) severityText = textOf(reader);
    else if (field === 5) value = decodeBody(reader);
    else if (field === 11 && reader.type === FIXED64)
      observedUnixNanos = reader.fixed64At(reader.valueOffset);
    else if (field === 12) eventName = textOf(reader);
  }
  return { severityText, body: value, observedUnixNanos, eventName };
}

function decodeBody(reader: WireReader): AttributeValue {
  const outerEnd = enter(reader);
  const value = decodeValue(reader, 0);
  leave(reader, outerEnd);
  return value;
}

type Enclosed = Pick<SpanColumns, 'body' | 'resources' | 'scopes' | 'resource' | 'scope'>;

function resourceOf(columns: Enclosed, ordinal: number): Resource {
  const resource = columns.resources[columns.resource[ordinal] ?? 0];
  return resource === undefined ? { attributes: [] } : decodeResource(columns.body, resource);
}

function scopeOf(columns: Enclosed, ordinal: number): Scope {
  const scope = columns.scopes[columns.scope[ordinal] ?? 0];
  return scope === undefined ? { name: '', version: '', attributes: [] } : decodeScope(columns.body, scope);
}

function textOf(reader: WireReader): string {
  reader.expect(BYTES);
  return textAt(reader.bytes, reader.valueOffset, reader.valueLength);
}
