/**
 * `JSON.parse` for text whose keys strangers chose. V8's own (13.6, Node 24)
 * mistakes keys: once an object with a key that ends in a backslash has been
 * parsed, the escaped quote in `"\""` is taken for that backslash and the end of
 * the key. Without a backslash in the text the mistake cannot happen, so only
 * text that has one is read by our own reader.
 */
import { JsonReader } from '#signals/otlp/json-reader.ts';

const encoder = new TextEncoder();

/** @throws SyntaxError or CodedError `PLIM_BODY_MALFORMED` on what is no JSON */
export function parseJson(text: string): unknown {
  if (!text.includes('\\')) return JSON.parse(text);
  const reader = new JsonReader(encoder.encode(text));
  const value = readValue(reader);
  reader.end();
  return value;
}

function readValue(reader: JsonReader): unknown {
  const kind = reader.peek();
  switch (kind) {
    case 'object':
      return readObject(reader);
    case 'array': {
      const items: unknown[] = [];
      for (let first = true; reader.nextElement(first); first = false) items.push(readValue(reader));
      return items;
    }
    case 'string':
      return reader.string();
    case 'number':
      return Number(reader.number());
    case 'boolean':
      return reader.boolean();
    case 'null':
      reader.null();
      return null;
    default:
      return kind satisfies never;
  }
}

/** Keys become own properties, `__proto__` among them; of two equal ones the last counts. */
function readObject(reader: JsonReader): unknown {
  const object = {};
  for (let first = true; reader.nextKey(first); first = false) {
    const key = reader.text();
    const value = readValue(reader);
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
}
