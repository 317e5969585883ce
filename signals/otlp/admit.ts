/**
 * What the door does with a request body: walk all of it, count the items, and
 * cut out those no retry can heal. The body stays as it is, byte for byte, when
 * nothing is cut; else only the lengths around a cut are written anew.
 */
import {
  checkField,
  checkMessage,
  childOf,
  messageAt,
  nextNotable,
  type Message,
} from '#signals/otlp/check.ts';
import { enter, ITEMS_MAX, leave } from '#signals/otlp/envelope.ts';
import { LOGS_REQUEST, METRICS_REQUEST, TRACES_REQUEST } from '#signals/otlp/json-schema.ts';
import { BYTES, WireReader } from '#signals/otlp/wire.ts';

export interface Admitted {
  /** The request without its refused items; the same array when nothing was cut. */
  readonly body: Uint8Array;
  /** Spans, log records or metric points in `body`. */
  readonly items: number;
  readonly rejected: number;
  /** Why, for `partial_success`; empty when nothing was rejected. */
  readonly message: string;
}

interface Verdict {
  readonly items: number;
  /** Undefined: it stays. */
  readonly refusal: string | undefined;
}

type Inspect = (reader: WireReader) => Verdict;

/** The messages around and at an item. */
interface Types {
  readonly entry: Message;
  readonly scopeEntry: Message;
  readonly item: Message;
}

const SPANS: Types = {
  entry: messageAt(TRACES_REQUEST, 'resourceSpans'),
  scopeEntry: messageAt(TRACES_REQUEST, 'resourceSpans', 'scopeSpans'),
  item: messageAt(TRACES_REQUEST, 'resourceSpans', 'scopeSpans', 'spans'),
};
const LOG_RECORDS: Types = {
  entry: messageAt(LOGS_REQUEST, 'resourceLogs'),
  scopeEntry: messageAt(LOGS_REQUEST, 'resourceLogs', 'scopeLogs'),
  item: messageAt(LOGS_REQUEST, 'resourceLogs', 'scopeLogs', 'logRecords'),
};
const METRICS: Types = {
  entry: messageAt(METRICS_REQUEST, 'resourceMetrics'),
  scopeEntry: messageAt(METRICS_REQUEST, 'resourceMetrics', 'scopeMetrics'),
  item: messageAt(METRICS_REQUEST, 'resourceMetrics', 'scopeMetrics', 'metrics'),
};
/** Field of `Metric` that is a message but holds no points. */
const METADATA = 12;

/** @throws CodedError `PLIM_BODY_MALFORMED` */
export function admitTraces(body: Uint8Array): Admitted {
  return admit(body, SPANS, inspectSpan);
}

/** A log record with a bad trace id is kept: it counts as uncorrelated. @throws CodedError `PLIM_BODY_MALFORMED` */
export function admitLogs(body: Uint8Array): Admitted {
  return admit(body, LOG_RECORDS, inspectLog);
}

/** @throws CodedError `PLIM_BODY_MALFORMED` */
export function admitMetrics(body: Uint8Array): Admitted {
  return admit(body, METRICS, inspectMetric);
}

/** A run of bytes to leave out, and the messages around it whose lengths shrink. */
interface Cut {
  readonly start: number;
  readonly end: number;
}

function admit(body: Uint8Array, types: Types, inspect: Inspect): Admitted {
  const reader = new WireReader(body);
  const cuts: Cut[] = [];
  let items = 0;
  let rejected = 0;
  let message = '';
  eachItem(reader, types, (fieldStart) => {
    const fieldEnd = reader.end;
    const verdict = inspect(reader);
    if (verdict.refusal === undefined) {
      items += verdict.items;
    } else {
      rejected += verdict.items;
      if (message === '') message = verdict.refusal;
      cuts.push({ start: fieldStart, end: fieldEnd });
    }
    if (items + rejected > ITEMS_MAX) reader.fail(`more than ${ITEMS_MAX} items in one request`);
  });
  return { body: cuts.length === 0 ? body : withoutCuts(body, cuts), items, rejected, message };
}

/** Walks and checks what is around the items too: the resource, the scope, the schema URLs. */
function eachItem(reader: WireReader, types: Types, visit: (fieldStart: number) => void): void {
  while (reader.next() !== 0) {
    if (reader.field !== 1) continue;
    const bodyEnd = enter(reader);
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 2) eachItemOfScope(reader, types, visit);
      else checkField(reader, types.entry);
    }
    leave(reader, bodyEnd);
  }
}

function eachItemOfScope(reader: WireReader, types: Types, visit: (fieldStart: number) => void): void {
  const outerEnd = enter(reader);
  let fieldStart = reader.position;
  while (reader.next() !== 0) {
    if (reader.field === 2) {
      const scopeEnd = enter(reader);
      visit(fieldStart);
      leave(reader, scopeEnd);
    } else {
      checkField(reader, types.scopeEntry);
    }
    fieldStart = reader.position;
  }
  leave(reader, outerEnd);
}

const KEPT: Verdict = { items: 1, refusal: undefined };

/** trace_id 1 and span_id 2 must be 16 and 8 bytes, not all zero (trace.proto). */
function inspectSpan(reader: WireReader): Verdict {
  let traceId = false;
  let spanId = false;
  for (let field = nextNotable(reader, SPANS.item); field !== 0; field = nextNotable(reader, SPANS.item)) {
    if (field === 1) traceId = isId(reader, 16);
    else if (field === 2) spanId = isId(reader, 8);
    else checkField(reader, SPANS.item);
  }
  if (traceId && spanId) return KEPT;
  return {
    items: 1,
    refusal: traceId ? 'span_id must be 8 bytes, not all zero' : 'trace_id must be 16 bytes, not all zero',
  };
}

function inspectLog(reader: WireReader): Verdict {
  checkMessage(reader, LOG_RECORDS.item);
  return KEPT;
}

/** A metric without a name can never be asked for; all its points go with it. The last data of the oneof counts. */
function inspectMetric(reader: WireReader): Verdict {
  let named = false;
  let points = 0;
  while (reader.next() !== 0) {
    const data = reader.field === METADATA ? undefined : childOf(METRICS.item, reader.field);
    if (data !== undefined) {
      points = countPoints(reader, data);
    } else {
      if (reader.field === 1) named = reader.valueLength > 0;
      checkField(reader, METRICS.item);
    }
  }
  return { items: points, refusal: named || points === 0 ? undefined : 'a metric must have a name' };
}

/** Every kind of data holds its points in field 1. */
function countPoints(reader: WireReader, data: Message): number {
  const outerEnd = enter(reader);
  let points = 0;
  while (reader.next() !== 0) {
    if (reader.field === 1) points += 1;
    checkField(reader, data);
  }
  leave(reader, outerEnd);
  return points;
}

function isId(reader: WireReader, length: number): boolean {
  reader.expect(BYTES);
  if (reader.valueLength !== length) return false;
  const end = reader.valueOffset + length;
  for (let at = reader.valueOffset; at < end; at += 1) if (reader.bytes[at] !== 0) return true;
  return false;
}

/** Copies the request without the cut items; envelopes get new lengths, everything else its old bytes. */
function withoutCuts(body: Uint8Array, cuts: readonly Cut[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const reader = new WireReader(body);
  const cutAt = new Map(cuts.map((cut) => [cut.start, cut.end]));
  let start = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) pushField(parts, 1, rebuild(reader, cutAt, 2));
    else parts.push(body.subarray(start, reader.position));
    start = reader.position;
  }
  return joined(parts);
}

/**
 * The present field's message without its cut items.
 *
 * @param levels 2 in a resource entry, 1 in a scope entry, whose fields may be cut
 */
function rebuild(reader: WireReader, cutAt: ReadonlyMap<number, number>, levels: number): Uint8Array {
  const outerEnd = enter(reader);
  const parts: Uint8Array[] = [];
  let start = reader.position;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (levels === 2 && field === 2) pushField(parts, 2, rebuild(reader, cutAt, 1));
    else if (!(levels === 1 && cutAt.has(start))) parts.push(reader.bytes.subarray(start, reader.position));
    start = reader.position;
  }
  leave(reader, outerEnd);
  return joined(parts);
}

function pushField(parts: Uint8Array[], field: number, message: Uint8Array): void {
  const head = [(field << 3) | BYTES];
  let length = message.length;
  while (length >= 0x80) {
    head.push((length & 0x7f) | 0x80);
    length >>>= 7;
  }
  head.push(length);
  parts.push(Uint8Array.from(head), message);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
