/** Attributes: one as text without building objects, or all of them as objects. */
import type { Attribute, AttributeValue } from '#signals/model.ts';
import { textAt } from '#signals/otlp/columns.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, FIXED64, VARINT, WireReader } from '#signals/otlp/wire.ts';

/** Nesting of arrays and maps in one value; deeper input is refused at the door. */
export const VALUE_DEPTH_MAX = 64;

/** A message inside a body, and which of its fields holds the attributes. */
export interface AttributeList {
  readonly body: Uint8Array;
  readonly offset: number;
  readonly length: number;
  /** 9 in `Span`, 6 in `LogRecord`, 1 in `Resource`, 3 in `InstrumentationScope`. */
  readonly field: number;
}

/**
 * One attribute as text: integers in decimal, doubles as JavaScript prints
 * them, booleans as `true` and `false`. Undefined when it is missing, empty, or
 * an array, map or bytes. Of two with one key the last counts. O(message).
 */
export function findAttributeText(list: AttributeList, key: string): string | undefined {
  let found: AttributeValue | undefined;
  eachAttribute(list, (reader, keyOffset, keyLength) => {
    if (textAt(list.body, keyOffset, keyLength) !== key) return;
    found = decodeValue(reader, 0);
  });
  return found === undefined ? undefined : scalarText(found);
}

/** Text of a scalar; undefined for arrays, maps, bytes and the empty value. */
export function scalarText(value: AttributeValue): string | undefined {
  switch (value.kind) {
    case 'string':
      return value.value;
    case 'bool':
    case 'int':
    case 'double':
      return String(value.value);
    case 'empty':
    case 'bytes':
    case 'array':
    case 'map':
      return undefined;
    default:
      return value satisfies never;
  }
}

/** All attributes in their order. @throws CodedError `PLIM_BODY_MALFORMED` */
export function decodeAttributes(list: AttributeList): Attribute[] {
  const attributes: Attribute[] = [];
  eachAttribute(list, (reader, keyOffset, keyLength) => {
    attributes.push({ key: textAt(list.body, keyOffset, keyLength), value: decodeValue(reader, 0) });
  });
  return attributes;
}

/** Calls back with the reader inside the `AnyValue`, once a `KeyValue`. */
function eachAttribute(
  list: AttributeList,
  visit: (reader: WireReader, keyOffset: number, keyLength: number) => void,
): void {
  const reader = new WireReader(list.body, list.offset, list.offset + list.length);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === list.field && reader.type === BYTES) visitKeyValue(reader, visit);
  }
}

function visitKeyValue(
  reader: WireReader,
  visit: (reader: WireReader, keyOffset: number, keyLength: number) => void,
): void {
  const outerEnd = enter(reader);
  let keyOffset = 0;
  let keyLength = 0;
  let valueStart = reader.end;
  let valueEnd = reader.end;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (reader.type !== BYTES) continue;
    if (field === 1) {
      keyOffset = reader.valueOffset;
      keyLength = reader.valueLength;
    } else if (field === 2) {
      valueStart = reader.valueOffset;
      valueEnd = valueStart + reader.valueLength;
    }
  }
  const end = reader.end;
  reader.position = valueStart;
  reader.end = valueEnd;
  visit(reader, keyOffset, keyLength);
  reader.position = end;
  reader.end = end;
  leave(reader, outerEnd);
}

/** The `AnyValue` the reader stands in: the last of its oneof counts. */
export function decodeValue(reader: WireReader, depth: number): AttributeValue {
  let value: AttributeValue = { kind: 'empty' };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const { valueOffset, valueLength } = reader;
    switch (field) {
      case 1:
        reader.expect(BYTES);
        value = { kind: 'string', value: textAt(reader.bytes, valueOffset, valueLength) };
        break;
      case 2:
        reader.expect(VARINT);
        value = { kind: 'bool', value: reader.varint !== 0 };
        break;
      case 3:
        reader.expect(VARINT);
        value = { kind: 'int', value: reader.signedVarint() };
        break;
      case 4:
        reader.expect(FIXED64);
        value = { kind: 'double', value: reader.doubleAt(valueOffset) };
        break;
      case 5:
      case 6:
        value = decodeNested(reader, field, depth);
        break;
      case 7:
        reader.expect(BYTES);
        value = { kind: 'bytes', value: reader.bytes.slice(valueOffset, valueOffset + valueLength) };
        break;
      default:
        break;
    }
  }
  return value;
}

/** `ArrayValue` (5) and `KeyValueList` (6): `values = 1` repeated. */
function decodeNested(reader: WireReader, kind: 5 | 6, depth: number): AttributeValue {
  if (depth >= VALUE_DEPTH_MAX) reader.fail(`a value is nested deeper than ${VALUE_DEPTH_MAX} levels`);
  const outerEnd = enter(reader);
  const items: AttributeValue[] = [];
  const entries: Attribute[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) continue;
    if (kind === 5) {
      const itemEnd = enter(reader);
      items.push(decodeValue(reader, depth + 1));
      leave(reader, itemEnd);
    } else {
      visitKeyValue(reader, (inner, keyOffset, keyLength) => {
        entries.push({
          key: textAt(inner.bytes, keyOffset, keyLength),
          value: decodeValue(inner, depth + 1),
        });
      });
    }
  }
  leave(reader, outerEnd);
  return kind === 5 ? { kind: 'array', value: items } : { kind: 'map', value: entries };
}
