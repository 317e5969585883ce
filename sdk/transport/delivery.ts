/**
 * The way of one signal out of the process. Items wait a moment in a short
 * queue, are encoded in batches, and the batches wait in line, bounded in bytes,
 * until the collector has taken them:
 *
 *     add ─▶ queue (items) ─every 200 ms or 512 items─▶ line (bytes) ─▶ collector
 *
 * A collector that is away, slow or talks nonsense costs this much memory and
 * nothing else. What does not fit, or is refused, is counted; nothing throws.
 */
import { refusedItems, retryDelayMs, verdictOf, type Verdict } from '#sdk/core/answers.ts';
import type { Batching, Destination } from '#sdk/core/settings.ts';
import { pack, post, type Packed } from '#sdk/transport/post.ts';

export type LossReason = 'queue_full' | 'refused' | 'not_encodable';

/** A batch in line. */
export interface Parcel extends Packed {
  readonly url: string;
  readonly items: number;
}

export interface DeliveryOptions<Item> {
  /** For messages: `spans`, `log records`. */
  readonly what: string;
  readonly destination: Destination;
  readonly batching: Batching;
  readonly mediaType: string;
  /** @throws Error when it cannot; the items are counted as lost */
  readonly encode: (items: readonly Item[]) => Uint8Array;
  readonly onSent: (items: number) => void;
  readonly onLost: (items: number, reason: LossReason) => void;
  /** Told now and then why nothing arrives, and once that it does again. */
  readonly say: (message: string) => void;
}

/** Of what waits in line: minutes of a busy service, and nothing a service would notice. */
const LINE_BYTES_MAX = 8 * 1024 * 1024;
/** About the same trouble one line a minute is enough. */
const SAY_EVERY_MS = 60_000;

type Outcome = 'done' | 'wait';

export class Delivery<Item> {
  readonly #options: DeliveryOptions<Item>;
  #queue: Item[] = [];
  #line: Parcel[] = [];
  #lineBytes = 0;
  #sending: Promise<Outcome> | undefined;
  #batchTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #failures = 0;
  #saidMs = Number.NEGATIVE_INFINITY;
  #late: ((parcels: readonly Parcel[]) => void) | undefined;

  constructor(options: DeliveryOptions<Item>) {
    this.#options = options;
  }

  /** Items waiting, encoded or not. */
  get waitingItems(): number {
    return this.#line.reduce((sum, { items }) => sum + items, this.#queue.length);
  }

  add(item: Item): void {
    const { batching, onLost } = this.#options;
    if (this.#queue.length >= batching.queueItemsMax) {
      onLost(1, 'queue_full');
      return;
    }
    this.#queue.push(item);
    if (this.#late !== undefined) this.#late(this.takeRest());
    else if (this.#queue.length >= batching.batchItemsMax) this.#arm(0);
    else this.#arm(batching.delayMs);
  }

  /** Resolves when all that waits now has been sent, or one attempt has failed, or `limitMs` have passed. */
  async flush(limitMs: number): Promise<void> {
    const limit = Promise.withResolvers<Outcome>();
    const timer = setTimeout(() => limit.resolve('wait'), limitMs);
    try {
      this.#cutAll();
      while (this.#line.length > 0) {
        clearTimeout(this.#retryTimer);
        this.#retryTimer = undefined;
        if ((await Promise.race([this.#send(), limit.promise])) === 'wait') return;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** All that is not known to have arrived. Nothing is held afterwards. */
  takeRest(): readonly Parcel[] {
    this.#cutAll();
    const rest = this.#line;
    this.#line = [];
    this.#lineBytes = 0;
    return rest;
  }

  /** From now on each item goes to `take` at once: the process is ending. */
  endWith(take: (parcels: readonly Parcel[]) => void): void {
    this.#late = take;
  }

  #arm(delayMs: number): void {
    if (this.#batchTimer !== undefined) {
      if (delayMs > 0) return;
      clearTimeout(this.#batchTimer);
    }
    this.#batchTimer = setTimeout(() => {
      this.#batchTimer = undefined;
      this.#cutAll();
      this.#pump();
    }, delayMs);
    this.#batchTimer.unref();
  }

  #cutAll(): void {
    while (this.#queue.length > 0) this.#cut();
  }

  /** Encodes one batch and puts it in line. */
  #cut(): void {
    const { destination, batching, mediaType, encode, onLost, say } = this.#options;
    const batch =
      this.#queue.length <= batching.batchItemsMax
        ? this.#queue
        : this.#queue.slice(0, batching.batchItemsMax);
    this.#queue = batch === this.#queue ? [] : this.#queue.slice(batch.length);
    let packed: Packed;
    try {
      packed = pack(destination, mediaType, encode(batch));
    } catch (error) {
      onLost(batch.length, 'not_encodable');
      this.#sayNowAndThen(() =>
        say(`${batch.length} ${this.#options.what} cannot be encoded: ${String(error)}`),
      );
      return;
    }
    if (this.#lineBytes + packed.body.length > LINE_BYTES_MAX) {
      onLost(batch.length, 'queue_full');
      return;
    }
    this.#line.push({ ...packed, url: destination.url, items: batch.length });
    this.#lineBytes += packed.body.length;
  }

  #pump(): void {
    if (this.#sending === undefined && this.#retryTimer === undefined && this.#line.length > 0)
      void this.#send();
  }

  /** Sends the first in line; joins an attempt under way. */
  #send(): Promise<Outcome> {
    this.#sending ??= this.#attempt().finally(() => {
      this.#sending = undefined;
      this.#pump();
    });
    return this.#sending;
  }

  async #attempt(): Promise<Outcome> {
    const [parcel] = this.#line;
    if (parcel === undefined) return 'done';
    const { verdict, retryAfter, refused } = await this.#try(parcel);
    // The last words may have taken it meanwhile.
    if (this.#line[0] !== parcel) return 'done';
    if (verdict === 'later') {
      this.#failures += 1;
      this.#retryTimer = setTimeout(
        () => {
          this.#retryTimer = undefined;
          this.#pump();
        },
        retryDelayMs(this.#failures, retryAfter, Math.random()),
      );
      this.#retryTimer.unref();
      return 'wait';
    }
    this.#line.shift();
    this.#lineBytes -= parcel.body.length;
    this.#settle(parcel, verdict === 'accepted' ? Math.min(refused, parcel.items) : parcel.items);
    return 'done';
  }

  #settle({ items }: Parcel, refused: number): void {
    if (refused < items) this.#options.onSent(items - refused);
    if (refused > 0) this.#options.onLost(refused, 'refused');
  }

  async #try(parcel: Parcel): Promise<{ verdict: Verdict; retryAfter: string | undefined; refused: number }> {
    const { what, destination, say } = this.#options;
    try {
      const { status, retryAfter, body } = await post(destination, parcel);
      const verdict = verdictOf(status);
      const refused = refusedItems(body);
      if (verdict !== 'accepted')
        this.#sayNowAndThen(() => say(`${what}: ${destination.url} answers ${status}`));
      else if (refused > 0) this.#sayNowAndThen(() => say(`${what}: ${destination.url} refused ${refused}`));
      else this.#worksAgain();
      return { verdict, retryAfter, refused };
    } catch (error) {
      const reason = error instanceof Error ? error.message || error.name : String(error);
      this.#sayNowAndThen(() =>
        say(
          `${what} do not arrive at ${destination.url}: ${reason}. Is a collector there? They wait meanwhile`,
        ),
      );
      return { verdict: 'later', retryAfter: undefined, refused: 0 };
    }
  }

  #worksAgain(): void {
    const { what, destination, say } = this.#options;
    if (this.#failures > 0) say(`${what} arrive again at ${destination.url}`);
    this.#failures = 0;
  }

  #sayNowAndThen(message: () => void): void {
    const nowMs = performance.now();
    if (nowMs - this.#saidMs < SAY_EVERY_MS) return;
    this.#saidMs = nowMs;
    message();
  }
}
