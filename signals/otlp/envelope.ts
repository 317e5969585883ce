/**
 * What traces, logs and metrics requests have in common:
 *
 *   request  = (resource_entry = 1)*
 *   resource_entry = resource = 1, (scope_entry = 2)*, schema_url = 3
 *   scope_entry    = scope = 1, (item = 2)*, schema_url = 3
 *
 * One walk calls back per item; the callee reads the item with the same reader.
 */
import { UNKNOWN_SERVICE } from '#signals/model.ts';
import { textAt, type ResourceColumns, type ScopeColumns } from '#signals/otlp/columns.ts';
import { BYTES, WireReader } from '#signals/otlp/wire.ts';

/** Items one request may hold; the columns of more would not be addressed with care. */
export const ITEMS_MAX = 10_000_000;

export interface Envelope {
  readonly resources: ResourceColumns[];
  readonly scopes: ScopeColumns[];
}

interface MutableResource {
  resourceOffset: number;
  resourceLength: number;
  serviceName: string;
  serviceNamespace: string;
  serviceInstanceId: string;
}

/** Narrows `reader` to the present field's value; give the result to {@link leave}. */
export function enter(reader: WireReader): number {
  reader.expect(BYTES);
  const outerEnd = reader.end;
  reader.position = reader.valueOffset;
  reader.end = reader.valueOffset + reader.valueLength;
  return outerEnd;
}

/** Widens it again, behind the value. */
export function leave(reader: WireReader, outerEnd: number): void {
  reader.position = reader.end;
  reader.end = outerEnd;
}

/** Items in a request, without looking into them. @throws CodedError `PLIM_BODY_MALFORMED` */
export function countItems(body: Uint8Array): number {
  const reader = new WireReader(body);
  let count = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) continue;
    const requestEnd = enter(reader);
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field !== 2) continue;
      const resourceEnd = enter(reader);
      for (let field = reader.next(); field !== 0; field = reader.next()) if (field === 2) count += 1;
      leave(reader, resourceEnd);
    }
    leave(reader, requestEnd);
  }
  if (count > ITEMS_MAX) reader.fail(`more than ${ITEMS_MAX} items in one request`);
  return count;
}

/**
 * Walks a request. At each `item` the reader stands inside the item's message
 * (position at its first field, end at its last byte); the callee may read it to
 * the end or not at all.
 */
export function walkItems(
  body: Uint8Array,
  item: (reader: WireReader, resource: number, scope: number) => void,
): Envelope {
  const reader = new WireReader(body);
  const resources: MutableResource[] = [];
  const scopes: { scopeOffset: number; scopeLength: number }[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) continue;
    const requestEnd = enter(reader);
    const resource = newResource();
    resources.push(resource);
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) readResource(reader, resource);
      else if (field === 2) walkScope(reader, resources.length - 1, scopes, item);
    }
    leave(reader, requestEnd);
  }
  return { resources, scopes };
}

function walkScope(
  reader: WireReader,
  resource: number,
  scopes: { scopeOffset: number; scopeLength: number }[],
  item: (reader: WireReader, resource: number, scope: number) => void,
): void {
  const outerEnd = enter(reader);
  const scope = { scopeOffset: 0, scopeLength: 0 };
  const index = scopes.push(scope) - 1;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) {
      reader.expect(BYTES);
      scope.scopeOffset = reader.valueOffset;
      scope.scopeLength = reader.valueLength;
    } else if (field === 2) {
      const scopeEnd = enter(reader);
      item(reader, resource, index);
      leave(reader, scopeEnd);
    }
  }
  leave(reader, outerEnd);
}

function newResource(): MutableResource {
  return {
    resourceOffset: 0,
    resourceLength: 0,
    serviceName: UNKNOWN_SERVICE,
    serviceNamespace: '',
    serviceInstanceId: '',
  };
}

function readResource(reader: WireReader, resource: MutableResource): void {
  const outerEnd = enter(reader);
  resource.resourceOffset = reader.position;
  resource.resourceLength = reader.end - reader.position;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) continue;
    const attributeEnd = enter(reader);
    readServiceAttribute(reader, resource);
    leave(reader, attributeEnd);
  }
  leave(reader, outerEnd);
}

/** `KeyValue`: key = 1, value = 2. */
function readServiceAttribute(reader: WireReader, resource: MutableResource): void {
  let key = '';
  let text: string | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (reader.type !== BYTES) continue;
    if (field === 1) key = serviceKey(reader);
    else if (field === 2) text = readText(reader) ?? text;
  }
  if (text === undefined) return;
  if (key === 'service.name' && text !== '') resource.serviceName = text;
  else if (key === 'service.namespace') resource.serviceNamespace = text;
  else if (key === 'service.instance.id') resource.serviceInstanceId = text;
}

/** The three keys asked for are 12 to 19 bytes long: others are not decoded. */
function serviceKey({ bytes, valueOffset, valueLength }: WireReader): string {
  return valueLength >= 12 && valueLength <= 19 ? textAt(bytes, valueOffset, valueLength) : '';
}

/** The text of the `AnyValue` in the present field (string = 1), if it is one. */
function readText(reader: WireReader): string | undefined {
  const outerEnd = enter(reader);
  let text: string | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1 || reader.type !== BYTES) continue;
    text = textAt(reader.bytes, reader.valueOffset, reader.valueLength);
  }
  leave(reader, outerEnd);
  return text;
}
