/**
 * How far consumers are, told to whoever may reclaim space: of each the first
 * cursor at once, then the newest once a second. What is told here is a hint; a
 * consumer's own cursor is what counts.
 */
import type { Clock, Timer } from '#base/clock.ts';
import { invariant } from '#base/invariant.ts';
import type { ConsumerRegistration, Cursor } from '#journal/ports.ts';

/** Cursors of one consumer are reported at most this often. */
const REPORT_EVERY_MS = 1000;
const NAME = /^[a-z][a-z0-9-]*$/;

/** Names of consumers become names of files and of groups. */
export function checkConsumerName({ name }: ConsumerRegistration): void {
  invariant(NAME.test(name), 'a consumer name is lower-case letters, digits and dashes');
}

export class CursorReports {
  readonly #clock: Clock;
  readonly #write: (consumer: ConsumerRegistration, cursor: Cursor) => Promise<void>;
  readonly #reporters = new Map<string, CursorReporter>();

  constructor(clock: Clock, write: (consumer: ConsumerRegistration, cursor: Cursor) => Promise<void>) {
    this.#clock = clock;
    this.#write = write;
  }

  of(consumer: ConsumerRegistration): CursorReporter {
    const known = this.#reporters.get(consumer.name);
    if (known !== undefined) return known;
    checkConsumerName(consumer);
    const reporter = new CursorReporter(this.#clock, (cursor) => this.#write(consumer, cursor));
    this.#reporters.set(consumer.name, reporter);
    return reporter;
  }

  /** Writes what is waiting of all. */
  async flush(): Promise<void> {
    await Promise.all([...this.#reporters.values()].map((reporter) => reporter.flush()));
  }
}

export class CursorReporter {
  readonly #clock: Clock;
  readonly #write: (cursor: Cursor) => Promise<void>;
  #waiting: Cursor | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, write: (cursor: Cursor) => Promise<void>) {
    this.#clock = clock;
    this.#write = write;
  }

  report(cursor: Cursor): void {
    this.#waiting = cursor;
    if (this.#timer !== undefined) return;
    const delayMs = this.#nextMs - this.#clock.monotonicMs();
    if (delayMs <= 0) void this.flush();
    else this.#timer = this.#clock.startTimer(delayMs, () => void this.flush());
  }

  /** Writes what is waiting; a failure is forgotten, the next report repeats it. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const cursor = this.#waiting;
    this.#waiting = undefined;
    if (cursor === undefined) return this.#writing;
    this.#nextMs = this.#clock.monotonicMs() + REPORT_EVERY_MS;
    this.#writing = this.#writing.then(() => this.#write(cursor)).catch(() => {});
    return this.#writing;
  }
}
