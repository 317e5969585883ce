/**
 * Texts as UTF-8, many to a piece of memory. What waits for an answer does so
 * outside the heap, where no garbage collection copies it.
 */

const PIECE_BYTES = 2 ** 20;
/** Of a UTF-16 code unit, at most. */
const BYTES_PER_CHAR_MAX = 3;

const encoder = new TextEncoder();

export class Utf8Pieces {
  #piece = new Uint8Array(0);
  #used = 0;

  /** A piece of memory lives as long as any text in it. */
  add(text: string): Uint8Array {
    const bytesMax = text.length * BYTES_PER_CHAR_MAX;
    if (bytesMax > PIECE_BYTES) return encoder.encode(text);
    if (this.#piece.length - this.#used < bytesMax) {
      this.#piece = new Uint8Array(PIECE_BYTES);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += encoder.encodeInto(text, this.#piece.subarray(from)).written;
    return this.#piece.subarray(from, this.#used);
  }
}
