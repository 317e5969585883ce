/** A seeded stream of chance: the same seed gives the same customers on every machine. */

/** The golden ratio in 32 bits: steps by it visit every number once before any comes again. */
const STEP = 0x9e3779b9;

export class RandomStream {
  #state: number;

  /** Streams of one seed and different names have nothing to do with each other. */
  constructor(seed: number, name = 0) {
    this.#state = scramble(scramble(seed | 0) ^ Math.imul(name + 1, STEP));
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + STEP) | 0;
    return (scramble(this.#state) >>> 0) / 2 ** 32;
  }

  /** Exponential with mean 1: the gap between two customers who do not know each other. */
  exponential(): number {
    return -Math.log(1 - this.next());
  }

  /** One of `choices`, which has at least one. */
  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.next() * choices.length)] ?? choices[0];
  }
}

/** Every bit of the word depends on every bit of it (the finalizer of MurmurHash3). */
function scramble(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
