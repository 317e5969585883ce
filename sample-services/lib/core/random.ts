/** Repeatable chance: the same words give the same number in every process and after every restart. */

/**
 * A uniform number in [0, 1) that depends on the words alone.
 *
 * Hashing words instead of drawing from a sequence keeps decisions independent
 * of the order in which requests happen to arrive.
 */
export function chance(...words: readonly (string | number)[]): number {
  // FNV-1a over the characters, then the finalizer of MurmurHash3 to spread the low bits.
  let hash = 0x811c9dc5;
  for (const character of words.join('\u0000')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** A uniform number in [min, max) that depends on the words alone. */
export function between(min: number, max: number, ...words: readonly (string | number)[]): number {
  return min + (max - min) * chance(...words);
}
