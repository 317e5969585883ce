/** Requests of one connection whose answers are not complete, in their order. */
export interface Exchange {
  readonly method: string;
  /** What the client gets: the server's response, our answer, or RST. */
  readonly outcome: 'forward' | 'answer' | 'abort';
  /** Set for `answer`. */
  readonly answer: Uint8Array | undefined;
  /** True when the connection ends with our answer. */
  readonly closes: boolean;
  /** True once our answer may go out: the request has come as a whole. */
  isReady: boolean;
}

/** Pipelined requests that wait for answers; beyond, no further is read. */
const EXCHANGES_MAX = 128;

export class ExchangeQueue {
  /** The first exchange has changed, or there is room for another. */
  onMove: () => void = () => {};
  /** The connection does not speak HTTP/1.x (any longer). */
  onOpaque: () => void = () => {};
  readonly #waiting: Exchange[] = [];

  get isFull(): boolean {
    return this.#waiting.length >= EXCHANGES_MAX;
  }

  get first(): Exchange | undefined {
    return this.#waiting[0];
  }

  add(exchange: Exchange): void {
    this.#waiting.push(exchange);
    this.onMove();
  }

  /** The request of `exchange` is complete. */
  ready(exchange: Exchange): void {
    exchange.isReady = true;
    this.onMove();
  }

  /** The first exchange has had its answer. */
  finishFirst(): void {
    this.#waiting.shift();
    this.onMove();
  }
}
