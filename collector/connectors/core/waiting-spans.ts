/**
 * Spans whose other end has not come yet, found by trace id and span id: a hash
 * table over columns, at most so many, the oldest first. No object for a span.
 *
 *   heads[hash] → slot → nextInChain …       where a key is looked for
 *   #oldest → newer … → #newest              in order of arrival
 */
import { invariant } from '#base/invariant.ts';

/** The caller waits for its callee, or the callee for its caller. */
export type Side = 'client' | 'server';

/** What is kept of a waiting span. */
export interface WaitingSpan {
  readonly side: Side;
  readonly isMessaging: boolean;
  readonly failed: boolean;
  readonly seconds: number;
  readonly service: string;
  /** What the caller says it called; '' when it does not say, and for a callee. */
  readonly peer: string;
  /** Values of the dimensions, in their order. */
  readonly dimensions: readonly (string | undefined)[];
}

/** Where the two ids of a key stand in a body. */
export interface SpanKey {
  readonly view: DataView;
  readonly traceOffset: number;
  readonly spanOffset: number;
}

/** A waiting span as it is saved: key words, time, paired, span. */
export type SavedWaiting = readonly [
  key: readonly number[],
  receivedMs: number,
  paired: boolean,
  span: WaitingSpan,
];

const NONE = -1;
const KEY_WORDS = 6;
const HASH_PRIME = 0x9e3779b1;

export class WaitingSpans {
  readonly #max: number;
  readonly #mask: number;
  readonly #heads: Int32Array;
  readonly #nextInChain: Int32Array;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #keys: Uint32Array;
  readonly #isServer: Uint8Array;
  readonly #isMessaging: Uint8Array;
  readonly #failed: Uint8Array;
  readonly #paired: Uint8Array;
  readonly #seconds: Float64Array;
  readonly #receivedMs: Float64Array;
  readonly #services: string[] = [];
  readonly #peers: string[] = [];
  readonly #dimensions: (readonly (string | undefined)[])[] = [];
  #free: number;
  #oldest = NONE;
  #newest = NONE;
  readonly #wanted = new Uint32Array(KEY_WORDS);
  count = 0;

  constructor(max: number) {
    this.#max = max;
    const heads = 2 ** Math.ceil(Math.log2(2 * max));
    this.#mask = heads - 1;
    this.#heads = new Int32Array(heads).fill(NONE);
    this.#nextInChain = new Int32Array(max);
    this.#older = new Int32Array(max);
    // While a slot is free, `newer` names the next free one.
    this.#newer = Int32Array.from({ length: max }, (_, slot) => (slot + 1 < max ? slot + 1 : NONE));
    this.#free = 0;
    this.#keys = new Uint32Array(KEY_WORDS * max);
    this.#isServer = new Uint8Array(max);
    this.#isMessaging = new Uint8Array(max);
    this.#failed = new Uint8Array(max);
    this.#paired = new Uint8Array(max);
    this.#seconds = new Float64Array(max);
    this.#receivedMs = new Float64Array(max);
  }

  /** The slot of a span that waits under this key on this side; -1 when there is none. */
  find(key: SpanKey, side: Side): number {
    this.#read(key);
    const isServer = side === 'server' ? 1 : 0;
    let slot = this.#heads[this.#hashOf(this.#wanted, 0)] ?? NONE;
    while (slot !== NONE && !(this.#isServer[slot] === isServer && this.#isWanted(slot))) {
      slot = this.#nextInChain[slot] ?? NONE;
    }
    return slot;
  }

  /** False when there is no room. */
  add(key: SpanKey, receivedMs: number, span: WaitingSpan, paired = false): boolean {
    this.#read(key);
    return this.#insert(receivedMs, paired, span);
  }

  at(slot: number): WaitingSpan {
    return {
      side: this.#isServer[slot] === 1 ? 'server' : 'client',
      isMessaging: this.#isMessaging[slot] === 1,
      failed: this.#failed[slot] === 1,
      seconds: this.#seconds[slot] ?? 0,
      service: this.#services[slot] ?? '',
      peer: this.#peers[slot] ?? '',
      dimensions: this.#dimensions[slot] ?? [],
    };
  }

  /** It has found one other end, and waits for more. */
  markPaired(slot: number): void {
    this.#paired[slot] = 1;
  }

  remove(slot: number): void {
    invariant(this.count > 0, 'only what waits is removed');
    const hash = this.#hashOf(this.#keys, KEY_WORDS * slot);
    const next = this.#nextInChain[slot] ?? NONE;
    if (this.#heads[hash] === slot) this.#heads[hash] = next;
    else {
      let before = this.#heads[hash] ?? NONE;
      while (before !== NONE && this.#nextInChain[before] !== slot)
        before = this.#nextInChain[before] ?? NONE;
      invariant(before !== NONE, 'a waiting span stands in the chain of its key');
      this.#nextInChain[before] = next;
    }
    const older = this.#older[slot] ?? NONE;
    const newer = this.#newer[slot] ?? NONE;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    this.#newer[slot] = this.#free;
    this.#free = slot;
    this.count -= 1;
  }

  /**
   * Removes what came over `ttlMs` before `nowMs`, or as far after it: a clock
   * that was set back must not keep spans for ever.
   */
  expire(nowMs: number, ttlMs: number, gone: (span: WaitingSpan, paired: boolean) => void): void {
    while (this.#oldest !== NONE && Math.abs(nowMs - (this.#receivedMs[this.#oldest] ?? 0)) > ttlMs) {
      const slot = this.#oldest;
      gone(this.at(slot), this.#paired[slot] === 1);
      this.remove(slot);
    }
  }

  /** In order of arrival. */
  save(): SavedWaiting[] {
    const saved: SavedWaiting[] = [];
    for (let slot = this.#oldest; slot !== NONE; slot = this.#newer[slot] ?? NONE) {
      const key = [...this.#keys.subarray(KEY_WORDS * slot, KEY_WORDS * (slot + 1))];
      saved.push([key, this.#receivedMs[slot] ?? 0, this.#paired[slot] === 1, this.at(slot)]);
    }
    return saved;
  }

  /** Takes what was saved, the newest if there is no room for all. */
  restore(saved: readonly SavedWaiting[]): void {
    for (const [key, receivedMs, paired, span] of saved.slice(-this.#max)) {
      this.#wanted.set(key);
      this.#insert(receivedMs, paired, span);
    }
  }

  #insert(receivedMs: number, paired: boolean, span: WaitingSpan): boolean {
    const slot = this.#free;
    if (slot === NONE) return false;
    this.#free = this.#newer[slot] ?? NONE;
    this.#keys.set(this.#wanted, KEY_WORDS * slot);
    this.#isServer[slot] = span.side === 'server' ? 1 : 0;
    this.#isMessaging[slot] = span.isMessaging ? 1 : 0;
    this.#failed[slot] = span.failed ? 1 : 0;
    this.#paired[slot] = paired ? 1 : 0;
    this.#seconds[slot] = span.seconds;
    this.#receivedMs[slot] = receivedMs;
    this.#services[slot] = span.service;
    this.#peers[slot] = span.peer;
    this.#dimensions[slot] = span.dimensions;
    const hash = this.#hashOf(this.#wanted, 0);
    this.#nextInChain[slot] = this.#heads[hash] ?? NONE;
    this.#heads[hash] = slot;
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
    this.count += 1;
    return true;
  }

  #read({ view, traceOffset, spanOffset }: SpanKey): void {
    for (let word = 0; word < 4; word += 1) this.#wanted[word] = view.getUint32(traceOffset + 4 * word, true);
    this.#wanted[4] = view.getUint32(spanOffset, true);
    this.#wanted[5] = view.getUint32(spanOffset + 4, true);
  }

  #isWanted(slot: number): boolean {
    for (let word = 0; word < KEY_WORDS; word += 1) {
      if (this.#keys[KEY_WORDS * slot + word] !== this.#wanted[word]) return false;
    }
    return true;
  }

  /** Ids are random by themselves; a sender who chose bad ones gets long chains, never more than the limit. */
  #hashOf(words: Uint32Array, offset: number): number {
    let hash = 0;
    for (let word = 0; word < KEY_WORDS; word += 1) {
      hash = Math.imul(hash ^ (words[offset + word] ?? 0), HASH_PRIME);
      hash ^= hash >>> 15;
    }
    return hash & this.#mask;
  }
}
