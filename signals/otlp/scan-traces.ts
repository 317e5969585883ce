/**
 * Spans as columns, straight from the bytes. `Span` (opentelemetry-proto
 * trace.proto): trace_id 1, span_id 2, parent_span_id 4, name 5, kind 6,
 * start 7, end 8, status 15 {code 3}; the rest is found again when asked for.
 */
import type { SpanColumns } from '#signals/otlp/columns.ts';
import { countItems, enter, leave, walkItems } from '#signals/otlp/envelope.ts';
import { BYTES, FIXED64, VARINT, type WireReader } from '#signals/otlp/wire.ts';

const KIND_MAX = 5;
const STATUS_MAX = 2;

type Columns = Omit<SpanColumns, 'resources' | 'scopes'>;

/**
 * One pass to count, one to fill; O(bytes). Ids of a wrong length count as not
 * set; a field that comes twice counts as the last one.
 *
 * @throws CodedError `PLIM_BODY_MALFORMED`
 */
export function scanSpans(body: Uint8Array): SpanColumns {
  const columns = allocate(body, countItems(body));
  let index = 0;
  const envelope = walkItems(body, (reader, resource, scope) => {
    columns.resource[index] = resource;
    columns.scope[index] = scope;
    columns.spanOffset[index] = reader.position;
    columns.spanLength[index] = reader.end - reader.position;
    readSpan(reader, columns, index);
    index += 1;
  });
  return { ...columns, ...envelope };
}

function allocate(body: Uint8Array, count: number): Columns {
  return {
    body,
    count,
    resource: new Uint32Array(count),
    scope: new Uint32Array(count),
    spanOffset: new Uint32Array(count),
    spanLength: new Uint32Array(count),
    traceIdOffset: new Uint32Array(count),
    spanIdOffset: new Uint32Array(count),
    parentSpanIdOffset: new Uint32Array(count),
    nameOffset: new Uint32Array(count),
    nameLength: new Uint32Array(count),
    kind: new Uint8Array(count),
    statusCode: new Uint8Array(count),
    startUnixNanos: new BigUint64Array(count),
    endUnixNanos: new BigUint64Array(count),
  };
}

function readSpan(reader: WireReader, columns: Columns, index: number): void {
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        columns.traceIdOffset[index] = idOffset(reader, 16);
        break;
      case 2:
        columns.spanIdOffset[index] = idOffset(reader, 8);
        break;
      case 4:
        columns.parentSpanIdOffset[index] = idOffset(reader, 8);
        break;
      case 5:
        reader.expect(BYTES);
        columns.nameOffset[index] = reader.valueOffset;
        columns.nameLength[index] = reader.valueLength;
        break;
      case 6:
        reader.expect(VARINT);
        columns.kind[index] = reader.varint <= KIND_MAX ? reader.varint : 0;
        break;
      case 7:
        reader.expect(FIXED64);
        columns.startUnixNanos[index] = reader.fixed64At(reader.valueOffset);
        break;
      case 8:
        reader.expect(FIXED64);
        columns.endUnixNanos[index] = reader.fixed64At(reader.valueOffset);
        break;
      case 15:
        readStatus(reader, columns, index);
        break;
      default:
        break;
    }
  }
}

function readStatus(reader: WireReader, columns: Columns, index: number): void {
  const outerEnd = enter(reader);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 3) continue;
    reader.expect(VARINT);
    columns.statusCode[index] = reader.varint <= STATUS_MAX ? reader.varint : 0;
  }
  leave(reader, outerEnd);
}

/** Where the id starts; 0 for one of another length or of zeros only. */
export function idOffset(reader: WireReader, length: number): number {
  reader.expect(BYTES);
  if (reader.valueLength !== length) return 0;
  const { bytes, valueOffset } = reader;
  for (let at = valueOffset; at < valueOffset + length; at += 1) if (bytes[at] !== 0) return valueOffset;
  return 0;
}
