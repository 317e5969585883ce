/** Scalars of proto3 JSON, as text, in the types OTLP has them in. */
import type { ProtobufSink } from '#signals/otlp/protobuf-sink.ts';

const UNSIGNED_32 = { min: 0n, max: 2n ** 32n - 1n };
const SIGNED_32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const UNSIGNED_64 = { min: 0n, max: 2n ** 64n - 1n };
const SIGNED_64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Both ends inclusive. */
export const RANGES = {
  uint32: UNSIGNED_32,
  fixed32: UNSIGNED_32,
  int32: SIGNED_32,
  sint32: SIGNED_32,
  uint64: UNSIGNED_64,
  fixed64: UNSIGNED_64,
  int64: SIGNED_64,
  sfixed64: SIGNED_64,
} as const;

/** No 64-bit integer has more digits, signs and zeros; `BigInt` on a long text costs time without end. */
const INTEGER_TEXT_MAX = 40;

/** The integer a text stands for; undefined when it is none. Exact up to 64 bits for plain digits. */
export function wholeNumber(text: string): bigint | undefined {
  if (text.length > INTEGER_TEXT_MAX) return undefined;
  if (/^-?\d+$/.test(text)) return BigInt(text);
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

const DECIMAL = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The double a text stands for; the three names only stand in quotes. */
export function doubleOf(text: string, inQuotes: boolean): number | undefined {
  if (inQuotes && text === 'NaN') return Number.NaN;
  if (inQuotes && (text === 'Infinity' || text === '-Infinity')) return Number(text);
  return DECIMAL.test(text) ? Number(text) : undefined;
}

/** Writes the bytes that hex digits of any case stand for; false when they are none. */
export function writeHex(text: string, sink: ProtobufSink): boolean {
  if (text.length % 2 !== 0) return false;
  for (let at = 0; at < text.length; at += 2) {
    const byte = (hexDigit(text.charCodeAt(at)) << 4) | hexDigit(text.charCodeAt(at + 1));
    if (byte < 0) return false;
    sink.byte(byte);
  }
  return true;
}

/** 0 … 15, or -1. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Standard and URL-safe alphabet, padded or not (proto3 JSON); undefined when it is neither. */
export function base64Bytes(text: string): Uint8Array | undefined {
  const plain = text
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1) return undefined;
  return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
}
