import type { Random } from '#base/random.ts';

/**
 * A seeded generator (sfc32): the same seed gives the same history everywhere.
 * Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let a = seed | 0;
  let b = Math.trunc(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;

  function uint32(): number {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  }

  for (let round = 0; round < 12; round += 1) uint32();

  return {
    float: () => uint32() / 2 ** 32,
    below: (boundExclusive) => Math.floor((uint32() / 2 ** 32) * boundExclusive),
    bytes: (length) => Uint8Array.from({ length }, () => uint32() & 0xff),
  };
}
