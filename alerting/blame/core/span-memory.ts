/**
 * What is remembered of a span under an id until its counterpart comes, in
 * columns: two places for each hash, of which the older gives way. So memory is
 * bounded whatever comes, and a span that is forgotten too early costs one pair.
 */

/** 32,768 places of 33 bytes: a second of 10,000 spans a second, several times over. */
const PLACES = 1 << 15;
/** Spans of one call arrive within a few seconds of each other. */
export const MEMORY_MS = 60_000;
const NONE = -1;

export class SpanMemory {
  readonly #high = new Uint32Array(PLACES);
  readonly #low = new Uint32Array(PLACES);
  /** 0 for an empty place. */
  readonly #timesMs = new Float64Array(PLACES);
  readonly #durationsMs = new Float64Array(PLACES);
  readonly #numbers = new Uint32Array(PLACES);
  readonly #failed = new Uint8Array(PLACES);

  /** The place of an id, or -1. `at` is where its 8 bytes stand. */
  find(body: Uint8Array, at: number, nowMs: number): number {
    const high = wordAt(body, at);
    const low = wordAt(body, at + 4);
    const first = placeOf(high, low);
    for (let place = first; place <= first + 1; place += 1) {
      if (this.#low[place] !== low || this.#high[place] !== high) continue;
      const timeMs = this.#timesMs[place] ?? 0;
      if (timeMs !== 0 && Math.abs(nowMs - timeMs) <= MEMORY_MS) return place;
    }
    return NONE;
  }

  /** The place of an id; a new one holds zeros, and may move its neighbour. */
  claim(body: Uint8Array, at: number, nowMs: number): number {
    const known = this.find(body, at, nowMs);
    if (known !== NONE) return known;
    const place = placeOf(wordAt(body, at), wordAt(body, at + 4));
    this.#makeRoom(place);
    this.#high[place] = wordAt(body, at);
    this.#low[place] = wordAt(body, at + 4);
    this.#timesMs[place] = nowMs;
    this.#durationsMs[place] = 0;
    this.#numbers[place] = 0;
    this.#failed[place] = 0;
    return place;
  }

  numberAt(place: number): number {
    return this.#numbers[place] ?? 0;
  }
  setNumber(place: number, value: number): void {
    this.#numbers[place] = value;
  }

  failedAt(place: number): boolean {
    return place !== NONE && this.#failed[place] === 1;
  }
  durationMsAt(place: number): number {
    return place === NONE ? 0 : (this.#durationsMs[place] ?? 0);
  }
  timeMsAt(place: number): number {
    return this.#timesMs[place] ?? 0;
  }

  /** Adds to what is known of an id: the duration is summed up, a failure stays. */
  add(place: number, failed: boolean, durationMs: number): void {
    if (failed) this.#failed[place] = 1;
    this.#durationsMs[place] = (this.#durationsMs[place] ?? 0) + durationMs;
  }

  /** What stands there moves to the second place, and what stood in that is forgotten. */
  #makeRoom(first: number): void {
    const second = first + 1;
    this.#high[second] = this.#high[first] ?? 0;
    this.#low[second] = this.#low[first] ?? 0;
    this.#timesMs[second] = this.#timesMs[first] ?? 0;
    this.#durationsMs[second] = this.#durationsMs[first] ?? 0;
    this.#numbers[second] = this.#numbers[first] ?? 0;
    this.#failed[second] = this.#failed[first] ?? 0;
  }
}

function wordAt(body: Uint8Array, at: number): number {
  return (
    (((body[at] ?? 0) << 24) |
      ((body[at + 1] ?? 0) << 16) |
      ((body[at + 2] ?? 0) << 8) |
      (body[at + 3] ?? 0)) >>>
    0
  );
}

/** The first of two neighbours. Ids are random, but a sender may count them up: all bits are mixed (MurmurHash3). */
function placeOf(high: number, low: number): number {
  let mixed = high ^ Math.imul(low, 0x9e37_79b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return ((mixed ^ (mixed >>> 16)) & (PLACES / 2 - 1)) * 2;
}
