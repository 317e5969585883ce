import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '#base/random.ts';

/** Cryptographically strong randomness from the operating system. */
export const systemRandom: Random = {
  float: () => randomInt(0, 2 ** 47) / 2 ** 47,
  below: (boundExclusive) => randomInt(0, boundExclusive),
  bytes: (length) => new Uint8Array(randomBytes(length)),
};
