/**
 * A Bloom filter over the low half of trace ids, one for each file: a look-up
 * reads only the files that may hold the trace. Says "maybe" wrongly in about
 * 2 of 100 cases, "no" never.
 */
import { invariant } from '#base/invariant.ts';

/** Bits for each id; with {@link PROBES} this gives the rate above. */
const BITS_PER_ID = 8;
const PROBES = 5;
const BYTES_MIN = 8;

export function buildBloom(keys: ReadonlySet<bigint>): Uint8Array {
  const bits = Math.max(BYTES_MIN * 8, keys.size * BITS_PER_ID);
  const bloom = new Uint8Array(2 ** Math.ceil(Math.log2(bits / 8)));
  for (const key of keys) {
    for (const bit of probes(key, bloom.length)) {
      bloom[bit >>> 3] = (bloom[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return bloom;
}

export function mayContain(bloom: Uint8Array, key: bigint): boolean {
  invariant((bloom.length & (bloom.length - 1)) === 0, 'a Bloom filter is a power of two bytes long');
  return probes(key, bloom.length).every((bit) => ((bloom[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0);
}

/** Double hashing over the two mixed halves; ids chosen by a sender need not be random. */
function probes(key: bigint, bytes: number): number[] {
  const mask = bytes * 8 - 1;
  const low = Number(key & 0xffff_ffffn);
  const high = Number(key >> 32n);
  const first = mix(low ^ mix(high ^ 0x9e37_79b9));
  const second = mix(first ^ high ^ 0x7f4a_7c15) | 1;
  return Array.from({ length: PROBES }, (_, round) => (first + Math.imul(round, second)) & mask);
}

function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
