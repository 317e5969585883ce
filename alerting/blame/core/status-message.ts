/** The message of a span's status (opentelemetry-proto trace.proto: status 15 {message 2}). */
import { textAt, type SpanColumns } from '#signals/otlp/columns.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, WireReader } from '#signals/otlp/wire.ts';

/** The kind of a failure stands at the beginning. */
const MESSAGE_BYTES_MAX = 200;

/** '' when there is none. */
export function statusMessage({ body, spanOffset, spanLength }: SpanColumns, index: number): string {
  const offset = spanOffset[index] ?? 0;
  const reader = new WireReader(body, offset, offset + (spanLength[index] ?? 0));
  let message = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 15) continue;
    const outerEnd = enter(reader);
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      if (inner !== 2 || reader.type !== BYTES) continue;
      message = textAt(body, reader.valueOffset, Math.min(reader.valueLength, MESSAGE_BYTES_MAX));
    }
    leave(reader, outerEnd);
  }
  return message;
}
