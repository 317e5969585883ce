/**
 * The forms in which Jaeger's clients send: over HTTP a bare `Batch` in the
 * binary protocol, over UDP the call `emitBatch(1: Batch)` of the agent's
 * service in the compact or the binary protocol. What comes out is an OTLP
 * request the door of OTLP would let in.
 */
import { ThriftBinaryReader } from '#signals/jaeger/thrift-binary.ts';
import { ThriftCompactReader } from '#signals/jaeger/thrift-compact.ts';
import { translateBatch, type TranslatedBatch } from '#signals/jaeger/to-otlp.ts';

export type PacketProtocol = 'compact' | 'binary';

/** @throws CodedError `PLIM_BODY_MALFORMED` */
export function decodeHttpBatch(body: Uint8Array): TranslatedBatch {
  return translateBatch(new ThriftBinaryReader(body));
}

/** @throws CodedError `PLIM_BODY_MALFORMED` */
export function decodePacket(packet: Uint8Array, protocol: PacketProtocol): TranslatedBatch {
  const reader = protocol === 'compact' ? new ThriftCompactReader(packet) : new ThriftBinaryReader(packet);
  const { name, kind } = reader.message();
  if (name !== 'emitBatch') reader.fail(`only emitBatch is taken, got ${printable(name)}`);
  if (kind !== 'oneway' && kind !== 'call') reader.fail(`emitBatch is a call, got a message of kind ${kind}`);
  let translated: TranslatedBatch | undefined;
  reader.struct((id, type) => {
    if (id !== 1 || type !== 'struct' || translated !== undefined) return false;
    translated = translateBatch(reader);
    return true;
  });
  return translated ?? reader.fail('emitBatch has no batch');
}

function printable(text: string): string {
  return text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?');
}
