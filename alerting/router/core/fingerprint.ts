/**
 * Alertmanager's fingerprint of a label set: FNV-1a, 64 bits, over the labels
 * in order of their names, each name and value followed by the byte 255
 * (prometheus/common model/signature.go, labelSetToFingerprint).
 */
import type { Labels } from '#signals/matchers.ts';

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;
const SEPARATOR = 255;
const encoder = new TextEncoder();

/** 16 lower-case hex digits. */
export function fingerprint(labels: Labels): string {
  let sum = OFFSET;
  for (const name of Object.keys(labels).toSorted()) {
    sum = addByte(addText(sum, name), SEPARATOR);
    sum = addByte(addText(sum, labels[name] ?? ''), SEPARATOR);
  }
  return sum.toString(16).padStart(16, '0');
}

function addText(sum: bigint, text: string): bigint {
  let result = sum;
  for (const byte of encoder.encode(text)) result = addByte(result, byte);
  return result;
}

function addByte(sum: bigint, byte: number): bigint {
  return ((sum ^ BigInt(byte)) * PRIME) & MASK;
}
