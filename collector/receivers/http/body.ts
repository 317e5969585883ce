/**
 * Reads a request's body: limits while bytes arrive and again while they are
 * inflated, within the time a body may take. Stops at the first byte over.
 */
import type { IncomingMessage } from 'node:http';
import { createGunzip, type Gunzip } from 'node:zlib';
import type { Clock } from '#base/clock.ts';
import type { Ticket } from '#collector/receivers/http/core/admission.ts';
import { BodySink, FIRST_ROOM_BYTES, overloaded } from '#collector/receivers/http/core/body-sink.ts';
import { bodyTooLarge, type BodyPlan, type Refusal } from '#collector/receivers/http/core/head.ts';

export type BodyOutcome =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The sender went away; nobody waits for an answer. */
  | { readonly kind: 'gone' };

export interface BodyOptions {
  readonly plan: BodyPlan;
  readonly ticket: Ticket;
  /** As sent, and again inflated. */
  readonly bytesMax: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Ends a body from outside, when the HTTP parser finds it broken. */
export interface BodyReading {
  readonly outcome: Promise<BodyOutcome>;
  fail(refusal: Refusal): void;
}

/** Output pieces of this size: fewer calls than zlib's default of 16 KiB. */
const INFLATE_PIECE_BYTES = 64 * 1024;

/**
 * Telemetry shrinks 5 to 30 times. What grows more than this, and past the
 * bytes below, is only counted at first and inflated a second time when it fits:
 * so a bomb is found at the price of its compressed bytes.
 */
const GROWTH_SUSPECT = 64;
const SUSPECT_BYTES_MIN = 1024 * 1024;

/** What a request is admitted with, before its size is known for sure. */
export function firstHold(plan: BodyPlan): number {
  if (plan.compression === 'identity') return plan.declaredBytes ?? FIRST_ROOM_BYTES;
  return (plan.declaredBytes ?? 0) + FIRST_ROOM_BYTES;
}

interface Intake {
  /** False: wait for `resume`. */
  push(chunk: Uint8Array): boolean;
  end(): void;
  stop(): void;
}

export function readBody(source: IncomingMessage, options: BodyOptions): BodyReading {
  let fail: (refusal: Refusal) => void = () => {};
  const outcome = new Promise<BodyOutcome>((resolve) => {
    let settled = false;
    let arrived = 0;
    const settle = (result: BodyOutcome): void => {
      if (settled) return;
      settled = true;
      timer.cancel();
      source.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      intake.stop();
      resolve(result);
    };
    fail = (refusal) => settle({ kind: 'refused', refusal });
    const timer = options.clock.startTimer(options.timeoutMs, () => fail(tooSlow(options.timeoutMs)));
    const intake: Intake =
      options.plan.compression === 'gzip'
        ? new GzipIntake(options, settle, () => source.resume())
        : new PlainIntake(options, settle);
    const onData = (chunk: Buffer): void => {
      arrived += chunk.length;
      if (arrived > options.bytesMax) {
        fail(bodyTooLarge(`more than ${options.bytesMax} bytes`, options.bytesMax));
      } else if (!intake.push(chunk)) {
        source.pause();
      }
    };
    const onEnd = (): void => intake.end();
    const onClose = (): void => {
      if (!source.complete) settle({ kind: 'gone' });
    };
    source.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
  return { outcome, fail: (refusal) => fail(refusal) };
}

class PlainIntake implements Intake {
  readonly #sink: BodySink;
  readonly #settle: (outcome: BodyOutcome) => void;

  constructor(options: BodyOptions, settle: (outcome: BodyOutcome) => void) {
    this.#sink = new BodySink(options.ticket, firstHold(options.plan), options.bytesMax);
    this.#settle = settle;
  }

  push(chunk: Uint8Array): boolean {
    const refusal = this.#sink.push(chunk);
    if (refusal !== undefined) this.#settle({ kind: 'refused', refusal });
    return true;
  }

  end(): void {
    this.#settle({ kind: 'body', bytes: this.#sink.take() });
  }

  stop(): void {}
}

class GzipIntake implements Intake {
  readonly #options: BodyOptions;
  readonly #settle: (outcome: BodyOutcome) => void;
  readonly #compressed: Uint8Array[] = [];
  #compressedBytes = 0;
  #inflatedBytes = 0;
  #roomBytes = FIRST_ROOM_BYTES;
  /** Undefined once the body is suspect and only counted. */
  #sink: BodySink | undefined;
  #gunzip: Gunzip;

  constructor(options: BodyOptions, settle: (outcome: BodyOutcome) => void, resume: () => void) {
    this.#options = options;
    this.#settle = settle;
    this.#sink = this.#newSink(FIRST_ROOM_BYTES);
    this.#gunzip = this.#start(
      (piece) => this.#onPiece(piece),
      () => this.#onInflated(),
    );
    this.#gunzip.on('drain', resume);
  }

  push(chunk: Uint8Array): boolean {
    // A copy: the chunk is a view of a much larger buffer of the socket.
    const copy = Uint8Array.prototype.slice.call(chunk);
    this.#compressed.push(copy);
    this.#compressedBytes += copy.length;
    if (!this.#hold(this.#roomBytes)) {
      this.#settle({ kind: 'refused', refusal: overloaded('body bytes') });
      return true;
    }
    return this.#gunzip.write(copy);
  }

  end(): void {
    this.#gunzip.end();
  }

  stop(): void {
    this.#gunzip.destroy();
  }

  #onPiece(piece: Uint8Array): void {
    const { bytesMax } = this.#options;
    this.#inflatedBytes += piece.length;
    if (this.#inflatedBytes > bytesMax) {
      const refusal = bodyTooLarge(`more than ${bytesMax} bytes after decompression`, bytesMax);
      this.#settle({ kind: 'refused', refusal });
      return;
    }
    const suspect =
      this.#inflatedBytes > SUSPECT_BYTES_MIN &&
      this.#inflatedBytes > GROWTH_SUSPECT * Math.max(this.#compressedBytes, 1);
    if (suspect && this.#sink !== undefined) {
      this.#sink = undefined;
      this.#hold(0);
    }
    const refusal = this.#sink?.push(piece);
    if (refusal !== undefined) this.#settle({ kind: 'refused', refusal });
  }

  #onInflated(): void {
    if (this.#sink !== undefined) {
      this.#settle({ kind: 'body', bytes: this.#sink.take() });
      return;
    }
    if (!this.#hold(this.#inflatedBytes)) {
      this.#settle({ kind: 'refused', refusal: overloaded('body bytes') });
      return;
    }
    const sink = this.#newSink(this.#inflatedBytes);
    this.#gunzip = this.#start(
      (piece) => {
        const refusal = sink.push(piece);
        if (refusal !== undefined) this.#settle({ kind: 'refused', refusal });
      },
      () => this.#settle({ kind: 'body', bytes: sink.take() }),
    );
    for (const chunk of this.#compressed) this.#gunzip.write(chunk);
    this.#gunzip.end();
  }

  #start(onPiece: (piece: Uint8Array) => void, onEnd: () => void): Gunzip {
    const gunzip = createGunzip({ chunkSize: INFLATE_PIECE_BYTES });
    gunzip.on('data', onPiece);
    gunzip.on('end', onEnd);
    gunzip.on('error', (error) => {
      const message = `the body is not valid gzip (${error.message}); send Content-Encoding: gzip only with gzip data`;
      this.#settle({ kind: 'refused', refusal: { status: 400, code: 'PLIM_BODY_MALFORMED', message } });
    });
    return gunzip;
  }

  /** The request holds its compressed bytes beside what the sink has room for. */
  #newSink(roomBytes: number): BodySink {
    const ticket = { hold: (bytes: number) => this.#hold(bytes), close: () => {} };
    return new BodySink(ticket, roomBytes, this.#options.bytesMax);
  }

  #hold(roomBytes: number): boolean {
    if (!this.#options.ticket.hold(this.#compressedBytes + roomBytes)) return false;
    this.#roomBytes = roomBytes;
    return true;
  }
}

function tooSlow(timeoutMs: number): Refusal {
  const message = `the body did not arrive within ${timeoutMs} ms; send smaller batches or over a faster link`;
  return { status: 408, code: 'PLIM_BODY_TIMEOUT', message };
}
