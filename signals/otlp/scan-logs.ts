/**
 * Log records as columns. `LogRecord` (logs.proto): time 1, severity number 2,
 * trace_id 9, span_id 10, observed time 11; the rest is found again when asked for.
 */
import type { LogColumns } from '#signals/otlp/columns.ts';
import { countItems, walkItems } from '#signals/otlp/envelope.ts';
import { idOffset } from '#signals/otlp/scan-traces.ts';
import { FIXED64, VARINT, type WireReader } from '#signals/otlp/wire.ts';

/** FATAL4, the highest severity there is. */
const SEVERITY_MAX = 24;

type Columns = Omit<LogColumns, 'resources' | 'scopes'>;

/** One pass to count, one to fill; O(bytes). @throws CodedError `PLIM_BODY_MALFORMED` */
export function scanLogs(body: Uint8Array): LogColumns {
  const count = countItems(body);
  const columns: Columns = {
    body,
    count,
    resource: new Uint32Array(count),
    scope: new Uint32Array(count),
    recordOffset: new Uint32Array(count),
    recordLength: new Uint32Array(count),
    unixNanos: new BigUint64Array(count),
    severityNumber: new Uint8Array(count),
    traceIdOffset: new Uint32Array(count),
    spanIdOffset: new Uint32Array(count),
  };
  let index = 0;
  const envelope = walkItems(body, (reader, resource, scope) => {
    columns.resource[index] = resource;
    columns.scope[index] = scope;
    columns.recordOffset[index] = reader.position;
    columns.recordLength[index] = reader.end - reader.position;
    readRecord(reader, columns, index);
    index += 1;
  });
  return { ...columns, ...envelope };
}

function readRecord(reader: WireReader, columns: Columns, index: number): void {
  let time = 0n;
  let observed = 0n;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        reader.expect(FIXED64);
        time = reader.fixed64At(reader.valueOffset);
        break;
      case 2:
        reader.expect(VARINT);
        columns.severityNumber[index] = reader.varint <= SEVERITY_MAX ? reader.varint : 0;
        break;
      case 9:
        columns.traceIdOffset[index] = idOffset(reader, 16);
        break;
      case 10:
        columns.spanIdOffset[index] = idOffset(reader, 8);
        break;
      case 11:
        reader.expect(FIXED64);
        observed = reader.fixed64At(reader.valueOffset);
        break;
      default:
        break;
    }
  }
  columns.unixNanos[index] = time === 0n ? observed : time;
}
