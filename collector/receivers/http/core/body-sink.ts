/**
 * Where a body's bytes go as they come: counted against the size limit and
 * against what the request may hold, before they are kept. Pure.
 */
import type { Ticket } from '#collector/receivers/http/core/admission.ts';
import { bodyTooLarge, type Refusal } from '#collector/receivers/http/core/head.ts';

/** First room for a body whose size is not known; most requests never need more. */
export const FIRST_ROOM_BYTES = 64 * 1024;

/** What keeps the bytes of one body. Whatever it refuses, it keeps nothing of. */
export class BodySink {
  readonly #ticket: Ticket;
  readonly #bytesMax: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /**
   * @param ticket holds at least `roomBytes` already
   * @param bytesMax limit on the whole body
   */
  constructor(ticket: Ticket, roomBytes: number, bytesMax: number) {
    this.#ticket = ticket;
    this.#bytesMax = bytesMax;
    this.#bytes = new Uint8Array(roomBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** Undefined when the chunk was kept. */
  push(chunk: Uint8Array): Refusal | undefined {
    const length = this.#length + chunk.length;
    if (length > this.#bytesMax) return bodyTooLarge(`more than ${this.#bytesMax} bytes`, this.#bytesMax);
    if (length > this.#bytes.length) {
      const roomBytes = Math.min(this.#bytesMax, Math.max(length, 2 * this.#bytes.length, FIRST_ROOM_BYTES));
      if (!this.#ticket.hold(roomBytes)) return overloaded('body bytes');
      const larger = new Uint8Array(roomBytes);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
    return undefined;
  }

  /** The body; the sink is not used again. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** The refusal when there is no room; `of` says of what. */
export function overloaded(of: string): Refusal {
  const message = `too many ${of} are in flight; try again after the time in Retry-After`;
  return { status: 503, code: 'PLIM_OVERLOADED', message };
}
