/** Which partition a record goes to: all of one service instance to the same one, in their order. */
import { BYTES, WireReader } from '#signals/otlp/wire.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import type { RecordKind } from '#signals/records.ts';

const INSTANCE_ID = new TextEncoder().encode('service.instance.id');
const decoder = new TextDecoder();

/**
 * `service.instance.id` of the first resource of an OTLP body; undefined when it
 * has none, or is no OTLP. Reads that resource and nothing behind it.
 */
export function instanceOf(kind: RecordKind, body: Uint8Array): string | undefined {
  if (kind === 'prom-samples') return undefined;
  const reader = new WireReader(body);
  try {
    if (!goTo(reader, 1)) return undefined;
    enter(reader);
    if (!goTo(reader, 1)) return undefined;
    const entryEnd = enter(reader);
    const found = instanceOfResource(reader);
    leave(reader, entryEnd);
    return found;
  } catch {
    // What the door lets in can be read; what comes past it is not for the key to judge.
    return undefined;
  }
}

/** To the first field of this number, if there is one. */
function goTo(reader: WireReader, field: number): boolean {
  for (let at = reader.next(); at !== 0; at = reader.next()) if (at === field) return true;
  return false;
}

/** `Resource`: attributes = 1; `KeyValue`: key = 1, value = 2; `AnyValue`: string = 1. */
function instanceOfResource(reader: WireReader): string | undefined {
  while (goTo(reader, 1)) {
    const resourceEnd = enter(reader);
    if (goTo(reader, 1) && isInstanceId(reader) && goTo(reader, 2)) {
      enter(reader);
      if (!goTo(reader, 1) || reader.type !== BYTES || reader.valueLength === 0) return undefined;
      return decoder.decode(
        reader.bytes.subarray(reader.valueOffset, reader.valueOffset + reader.valueLength),
      );
    }
    leave(reader, resourceEnd);
  }
  return undefined;
}

function isInstanceId({ bytes, valueOffset, valueLength }: WireReader): boolean {
  return (
    valueLength === INSTANCE_ID.length &&
    INSTANCE_ID.every((byte, index) => bytes[valueOffset + index] === byte)
  );
}

/** FNV-1a of the key, as the Collector's exporter does it with `sarama_compat`. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  return Math.abs(hash | 0) % partitions;
}
