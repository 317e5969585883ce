/** XXH64, a hash without secrets: <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>. */

const PRIME_1 = 0x9e37_79b1_85eb_ca87n;
const PRIME_2 = 0xc2b2_ae3d_27d4_eb4fn;
const PRIME_3 = 0x1656_67b1_9e37_79f9n;
const PRIME_4 = 0x85eb_ca77_c2b2_ae63n;
const PRIME_5 = 0x27d4_eb2f_1656_67c5n;
const STRIPE_BYTES = 32;

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function round(accumulator: bigint, lane: bigint): bigint {
  return wrap(rotate(wrap(accumulator + lane * PRIME_2), 31n) * PRIME_1);
}

/** The hash with seed 0, 0 … 2⁶⁴ − 1. */
export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stripesEnd = bytes.length - (bytes.length % STRIPE_BYTES);
  const start = stripesEnd === 0 ? PRIME_5 : hashStripes(view, stripesEnd);
  return avalanche(hashRest(view, stripesEnd, wrap(start + BigInt(bytes.length))));
}

function hashStripes(view: DataView, end: number): bigint {
  let [a, b, c, d] = [wrap(PRIME_1 + PRIME_2), PRIME_2, 0n, wrap(-PRIME_1)];
  for (let at = 0; at < end; at += STRIPE_BYTES) {
    a = round(a, view.getBigUint64(at, true));
    b = round(b, view.getBigUint64(at + 8, true));
    c = round(c, view.getBigUint64(at + 16, true));
    d = round(d, view.getBigUint64(at + 24, true));
  }
  let hash = wrap(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
  for (const lane of [a, b, c, d]) hash = wrap((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4);
  return hash;
}

/** The bytes behind the last stripe: eights, then a four, then single ones. */
function hashRest(view: DataView, start: number, before: bigint): bigint {
  let hash = before;
  let at = start;
  for (; at + 8 <= view.byteLength; at += 8) {
    const lane = round(0n, view.getBigUint64(at, true));
    hash = wrap(rotate(hash ^ lane, 27n) * PRIME_1 + PRIME_4);
  }
  if (at + 4 <= view.byteLength) {
    const lane = BigInt(view.getUint32(at, true)) * PRIME_1;
    hash = wrap(rotate(hash ^ wrap(lane), 23n) * PRIME_2 + PRIME_3);
    at += 4;
  }
  for (; at < view.byteLength; at += 1) {
    const lane = BigInt(view.getUint8(at)) * PRIME_5;
    hash = wrap(rotate(hash ^ wrap(lane), 11n) * PRIME_1);
  }
  return hash;
}

function avalanche(hash: bigint): bigint {
  let mixed = wrap((hash ^ (hash >> 33n)) * PRIME_2);
  mixed = wrap((mixed ^ (mixed >> 29n)) * PRIME_3);
  return mixed ^ (mixed >> 32n);
}
