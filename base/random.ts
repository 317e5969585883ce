/** Randomness as an argument, so that a seed replays a history. */

export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** Uniform integer in [0, boundExclusive); `boundExclusive` in 1 … 2^32. */
  below(boundExclusive: number): number;
  /** Fresh random bytes. */
  bytes(length: number): Uint8Array;
}

/** A version 4 UUID (RFC 9562 §5.4) in its 36-character form. */
export function uuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
