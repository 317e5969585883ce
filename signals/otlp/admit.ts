/**
 * What the door does with a request body: walk all of it, count the items, and
 * cut out those no retry can heal. The body stays as it is, byte for byte, when
 * nothing is cut; else only the lengths around a cut are written anew.
 */
import { enter, ITEMS_MAX, leave } from '#signals/otlp/envelope.ts';
import { decodeValue } from '#signals/otlp/attributes.ts';
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

/** @throws CodedError `PLIM_BODY_MALFORMED` */
export function admitTraces(body: Uint8Array): Admitted {
  return admit(body, inspectSpan);
}

/** A log record with a bad trace id is kept: it counts as uncorrelated. @throws CodedError `PLIM_BODY_MALFORMED` */
export function admitLogs(body: Uint8Array): Admitted {
  return admit(body, inspectLog);
}

/** @throws CodedError `PLIM_BODY_MALFORMED` */
export function admitMetrics(body: Uint8Array): Admitted {
  return admit(body, inspectMetric);
}

/** A run of bytes to leave out, and the messages around it whose lengths shrink. */
interface Cut {
  readonly start: number;
  readonly end: number;
}

function admit(body: Uint8Array, inspect: Inspect): Admitted {
  const reader = new WireReader(body);
  const cuts: Cut[] = [];
  let items = 0;
  let rejected = 0;
  let message = '';
  eachItem(reader, (fieldStart) => {
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

/** Walks everything around the items too, so that a malformed resource is found at the door. */
function eachItem(reader: WireReader, visit: (fieldStart: number) => void): void {
  for (let entry = reader.next(); entry !== 0; entry = reader.next()) {
    if (entry !== 1) continue;
    const bodyEnd = enter(reader);
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) checkAttributeHolder(reader, 1);
      else if (field === 2) eachItemOfScope(reader, visit);
    }
    leave(reader, bodyEnd);
  }
}

function eachItemOfScope(reader: WireReader, visit: (fieldStart: number) => void): void {
  const outerEnd = enter(reader);
  let fieldStart = reader.position;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) checkAttributeHolder(reader, 3);
    if (field === 2) {
      const scopeEnd = enter(reader);
      visit(fieldStart);
      leave(reader, scopeEnd);
    }
    fieldStart = reader.position;
  }
  leave(reader, outerEnd);
}

/** The message in the present field, whose attributes stand in `attributesField`. */
function checkAttributeHolder(reader: WireReader, attributesField: number): void {
  const outerEnd = enter(reader);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === attributesField) checkKeyValue(reader);
  }
  leave(reader, outerEnd);
}

function checkKeyValue(reader: WireReader): void {
  const outerEnd = enter(reader);
  for (let field = reader.next(); field !== 0; field = reader.next()) if (field === 2) checkValue(reader);
  leave(reader, outerEnd);
}

/** Scalars are checked by walking over them; arrays and maps by decoding, which holds the depth limit. */
function checkValue(reader: WireReader): void {
  const outerEnd = enter(reader);
  const start = reader.position;
  let nested = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) nested ||= field === 5 || field === 6;
  if (nested) {
    reader.position = start;
    decodeValue(reader, 0);
  }
  leave(reader, outerEnd);
}

const KEPT: Verdict = { items: 1, refusal: undefined };

/** trace_id 1 and span_id 2 must be 16 and 8 bytes, not all zero (trace.proto). */
function inspectSpan(reader: WireReader): Verdict {
  let traceId = false;
  let spanId = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) traceId = isId(reader, 16);
    else if (field === 2) spanId = isId(reader, 8);
    else if (field === 9) checkKeyValue(reader);
    else if (field === 11) checkAttributeHolder(reader, 3);
    else if (field === 13) checkAttributeHolder(reader, 4);
    else if (field === 15) checkAttributeHolder(reader, 0);
    else if (field === 7 || field === 8) reader.expect(1);
    else if (field === 5) reader.expect(BYTES);
    else if (field === 6) reader.expect(0);
  }
  if (traceId && spanId) return KEPT;
  return {
    items: 1,
    refusal: traceId ? 'span_id must be 8 bytes, not all zero' : 'trace_id must be 16 bytes, not all zero',
  };
}

function inspectLog(reader: WireReader): Verdict {
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 5) checkValue(reader);
    else if (field === 6) checkKeyValue(reader);
    else if (field === 1 || field === 11) reader.expect(1);
    else if (field === 2) reader.expect(0);
    else if (field === 9 || field === 10) reader.expect(BYTES);
  }
  return KEPT;
}

/** Fields of `Metric` that hold points, and where the points keep their attributes. */
const POINT_ATTRIBUTES: Readonly<Record<number, number>> = { 5: 7, 7: 7, 9: 9, 10: 1, 11: 7 };

/** A metric without a name can never be asked for; all its points go with it. */
function inspectMetric(reader: WireReader): Verdict {
  let named = false;
  let points = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const attributes = POINT_ATTRIBUTES[field];
    if (field === 1) {
      reader.expect(BYTES);
      named = reader.valueLength > 0;
    } else if (attributes !== undefined) {
      points = countPoints(reader, attributes);
    }
  }
  return { items: points, refusal: named || points === 0 ? undefined : 'a metric must have a name' };
}

function countPoints(reader: WireReader, attributesField: number): number {
  const outerEnd = enter(reader);
  let points = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) continue;
    checkAttributeHolder(reader, attributesField);
    points += 1;
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
