/** Where a label set stands between 0 and 1: as Prometheus 3.x has it, by a hash of its labels as bytes. */
import type { Labels } from '#signals/matchers.ts';
import { labelOf, sortedNames } from '#promql/labels.ts';
import { xxhash64 } from '#promql/xxhash64.ts';

/** Lengths from here on are written as this byte and three more. */
const LONG = 255;
const HASH_VALUES = 2 ** 64;

const encoder = new TextEncoder();

/** From 0 to 1, evenly spread over label sets and always the same for one. */
export function shareOf(labels: Labels): number {
  const parts: Uint8Array[] = [];
  for (const name of sortedNames(labels)) {
    const value = labelOf(labels, name);
    if (value !== '') parts.push(...sized(name), ...sized(value));
  }
  return Number(xxhash64(joined(parts))) / HASH_VALUES;
}

/** A text behind its length in bytes. */
function sized(text: string): [Uint8Array, Uint8Array] {
  const bytes = encoder.encode(text);
  const size = bytes.length;
  return [
    Uint8Array.from(size < LONG ? [size] : [LONG, size & 0xff, (size >> 8) & 0xff, (size >> 16) & 0xff]),
    bytes,
  ];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
