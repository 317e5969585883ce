/** What the answer to an OTLP request means (OTLP 1.11, "OTLP/HTTP Response"). Pure. */
import { errorText } from '#base/errors.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { textAt } from '#signals/otlp/columns.ts';
import { BYTES, VARINT, WireReader } from '#signals/otlp/wire.ts';

export type OtlpVerdict =
  /** Taken but for `rejected` items, which must not be sent again; a message alone is a warning. */
  | { readonly kind: 'taken'; readonly rejected: number; readonly message: string }
  | { readonly kind: 'refused'; readonly reason: OtlpRefusal }
  | { readonly kind: 'later' };

export type OtlpRefusal = 'too_large' | 'rejected' | 'no_such_signal';

/** The only ones the protocol lets us send again. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/**
 * Not the protocol's, but ours: who we are or where we send is wrong, which
 * says nothing about the data. Dropping all of it until somebody renews a key
 * would be worse than asking again.
 */
const NOT_THE_DATA: ReadonlySet<number> = new Set([401, 403, 407, 408, 421]);
/** The destination has nothing under this address, or no such method: it knows no such signal. */
const UNKNOWN_SIGNAL: ReadonlySet<number> = new Set([404, 405, 501]);

export function otlpVerdict(status: number, body: Uint8Array, contentType: string): OtlpVerdict {
  if (status >= 200 && status < 300) return { kind: 'taken', ...partialSuccess(body, contentType) };
  if (status < 400 || RETRYABLE.has(status) || NOT_THE_DATA.has(status)) return { kind: 'later' };
  if (status === 413) return { kind: 'refused', reason: 'too_large' };
  return { kind: 'refused', reason: UNKNOWN_SIGNAL.has(status) ? 'no_such_signal' : 'rejected' };
}

interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** An answer that cannot be read is a success all the same: the status says so. */
function partialSuccess(body: Uint8Array, contentType: string): PartialSuccess {
  try {
    return contentType.includes('json') ? fromJson(body) : fromProtobuf(body);
  } catch (error) {
    return { rejected: 0, message: `its answer cannot be read: ${errorText(error)}` };
  }
}

/** `partial_success` 1: count 1, message 2. */
function fromProtobuf(body: Uint8Array): PartialSuccess {
  const reader = new WireReader(body);
  let partial: PartialSuccess = { rejected: 0, message: '' };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) continue;
    const outerEnd = enter(reader);
    partial = readPartial(reader);
    leave(reader, outerEnd);
  }
  return partial;
}

function readPartial(reader: WireReader): PartialSuccess {
  let rejected = 0;
  let message = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1 && reader.type === VARINT) rejected = Math.max(0, Number(reader.signedVarint()));
    if (field === 2 && reader.type === BYTES)
      message = textAt(reader.bytes, reader.valueOffset, reader.valueLength);
  }
  return { rejected, message };
}

const COUNTS = ['rejectedSpans', 'rejectedLogRecords', 'rejectedDataPoints'];

function fromJson(body: Uint8Array): PartialSuccess {
  if (body.length === 0) return { rejected: 0, message: '' };
  const answer = JSON.parse(new TextDecoder().decode(body)) as { readonly partialSuccess?: unknown } | null;
  const partial = answer?.partialSuccess;
  if (typeof partial !== 'object' || partial === null) return { rejected: 0, message: '' };
  const entries = new Map<string, unknown>(Object.entries(partial));
  const count = Number(COUNTS.map((name) => entries.get(name)).find((value) => value !== undefined) ?? 0);
  const message = entries.get('errorMessage');
  return {
    rejected: Number.isSafeInteger(count) && count > 0 ? count : 0,
    message: typeof message === 'string' ? message : '',
  };
}
