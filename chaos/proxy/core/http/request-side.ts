/** Follows requests on their way to the server and carries out what is judged about each. */
import type { Timer } from '#base/clock.ts';
import { bodyReader, type BodyReader } from '#chaos/proxy/core/http/body.ts';
import type { Exchange, ExchangeQueue } from '#chaos/proxy/core/http/exchanges.ts';
import { answerBytes, judge, type HttpFault, type Verdict } from '#chaos/proxy/core/http/fault.ts';
import {
  headEnd,
  mayBecomeRequest,
  parseRequestHead,
  type RequestHead,
} from '#chaos/proxy/core/http/head.ts';
import { joinBytes } from '#chaos/proxy/core/http/join.ts';
import type { TapOptions } from '#chaos/proxy/core/http/tap.ts';
import type { Sink } from '#chaos/proxy/core/stage.ts';
import type { Chunk, Ending } from '#chaos/proxy/core/toxics/toxic.ts';

/** Undecided bytes beyond which the sender is held back. */
const INPUT_BYTES_MAX = 64 * 1024;
const NOTHING = new Uint8Array(0);

interface Judged {
  readonly head: RequestHead;
  readonly headBytes: number;
  readonly verdict: Verdict;
}

type State =
  /** Before or within a head. */
  | { readonly kind: 'head' }
  /** A request is held; its head is still in the input. */
  | { readonly kind: 'delayed'; readonly request: Judged; readonly timer: Timer }
  /** It has been held long enough. */
  | { readonly kind: 'judged'; readonly request: Judged }
  | { readonly kind: 'body'; readonly body: BodyReader; readonly exchange: Exchange }
  /** Our last answer is out or to come; the rest of the requests is swallowed. */
  | { readonly kind: 'done' }
  | { readonly kind: 'opaque' };

export class RequestSide implements Sink {
  readonly #options: TapOptions;
  readonly #exchanges: ExchangeQueue;
  readonly #isConcerned = new WeakMap<HttpFault, boolean>();
  #state: State = { kind: 'head' };
  #input: Uint8Array = NOTHING;
  /** Arrival of the newest bytes of the input. */
  #atMs = 0;
  #ending: Ending | undefined;
  #running = false;
  /** True when the sender was told to wait. */
  #isBlocking = false;

  constructor(options: TapOptions, exchanges: ExchangeQueue) {
    this.#options = options;
    this.#exchanges = exchanges;
  }

  accepts(): boolean {
    const isFull = this.#input.length >= INPUT_BYTES_MAX || this.#state.kind === 'delayed';
    const accepts = !isFull && this.#options.toServer.accepts();
    if (!accepts) this.#isBlocking = true;
    return accepts;
  }

  push(chunk: Chunk): void {
    if (this.#state.kind === 'opaque') {
      this.#options.toServer.push(chunk);
      return;
    }
    this.#input = this.#input.length === 0 ? chunk.data : joinBytes(this.#input, chunk.data);
    this.#atMs = chunk.atMs;
    this.#run();
  }

  end(ending: Ending): void {
    this.#ending ??= ending;
    if (ending !== 'fin' && this.#state.kind === 'delayed') this.passUntouched();
    // A head cut short cannot be judged; the server sees what there is of it.
    if (this.#state.kind === 'head') this.#release();
    this.#run();
  }

  /** Goes on where there was no room, or where an exchange had to end first. */
  resume(): void {
    this.#run();
  }

  faultsChanged(): void {
    const state = this.#state;
    if (state.kind !== 'delayed') return;
    state.timer.cancel();
    this.#state = {
      kind: 'judged',
      request: { ...state.request, verdict: { delayMs: 0, action: 'forward' } },
    };
    this.#run();
  }

  passUntouched(): void {
    if (this.#state.kind === 'opaque' || this.#state.kind === 'done') return;
    this.close();
    this.#state = { kind: 'opaque' };
    this.#run();
  }

  close(): void {
    if (this.#state.kind === 'delayed') this.#state.timer.cancel();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    while (this.#input.length > 0 && this.#step()) {
      // Each step takes something from the input or says that it cannot.
    }
    this.#running = false;
    if (this.#ending !== undefined && this.#input.length === 0) this.#options.toServer.end(this.#ending);
    if (!this.#isBlocking || !this.accepts()) return;
    this.#isBlocking = false;
    this.#options.onRoom();
  }

  /** One head or one piece of a body; false when it has to wait. */
  #step(): boolean {
    const state = this.#state;
    switch (state.kind) {
      case 'head':
        return this.#stepHead();
      case 'delayed':
        return false;
      case 'judged':
        this.#begin(state.request);
        return true;
      case 'body': {
        const taken = state.body.consume(this.#input, 0);
        this.#take(taken, state.exchange.outcome === 'forward');
        if (state.body.state === 'broken') this.#exchanges.onOpaque();
        else this.#afterBytes(state.body, state.exchange);
        return true;
      }
      case 'done':
        this.#take(this.#input.length, false);
        return true;
      case 'opaque':
        this.#release();
        return true;
      default:
        return state satisfies never;
    }
  }

  #stepHead(): boolean {
    if (this.#exchanges.isFull) return false;
    const faults = this.#options.faults();
    // Answers of ours need room as well; a request is not begun before there is some.
    if (faults.length > 0 && !this.#options.toClient.accepts()) return false;
    const end = headEnd(this.#input, 0);
    if (end === -1 && mayBecomeRequest(this.#input)) return false;
    const head = end === -1 ? undefined : parseRequestHead(this.#input.subarray(0, end));
    if (head === undefined || head.method === 'CONNECT') {
      this.#exchanges.onOpaque();
      return true;
    }
    const concerned = faults.length === 0 ? faults : faults.filter((fault) => this.#concerns(fault));
    const verdict = judge(concerned, head, this.#options.random);
    const request = { head, headBytes: end, verdict };
    if (verdict.delayMs > 0) {
      this.#delay(request);
      return false;
    }
    this.#begin(request);
    return true;
  }

  #delay(request: Judged): void {
    this.#options.onEffect('delayed');
    const timer = this.#options.clock.startTimer(Math.ceil(request.verdict.delayMs), () => {
      this.#state = { kind: 'judged', request };
      this.#run();
    });
    this.#state = { kind: 'delayed', request, timer };
  }

  #concerns(fault: HttpFault): boolean {
    const known = this.#isConcerned.get(fault);
    if (known !== undefined) return known;
    const drawn = this.#options.random.float() < fault.toxicity;
    this.#isConcerned.set(fault, drawn);
    return drawn;
  }

  #begin({ head, headBytes, verdict }: Judged): void {
    const { action, fault } = verdict;
    const isAnswer = action === 'answer' && fault !== undefined;
    // Whoever waits for 100 may never send the body, so the connection cannot be used again.
    const closes = head.closes || head.expectsContinue;
    const exchange: Exchange = {
      method: head.method,
      outcome: action,
      answer: isAnswer ? answerBytes(fault, head, closes) : undefined,
      closes,
      isReady: false,
    };
    if (action !== 'forward') this.#options.onEffect(action === 'answer' ? 'answered' : 'aborted');
    const body = bodyReader(head.framing);
    this.#state = { kind: 'body', body, exchange };
    this.#take(headBytes, action === 'forward');
    this.#exchanges.add(exchange);
    if (action === 'abort' || (isAnswer && head.expectsContinue)) {
      this.#state = { kind: 'done' };
      this.#exchanges.ready(exchange);
      return;
    }
    this.#afterBytes(body, exchange);
  }

  #afterBytes(body: BodyReader, exchange: Exchange): void {
    if (body.state !== 'done') return;
    this.#state = exchange.outcome !== 'forward' && exchange.closes ? { kind: 'done' } : { kind: 'head' };
    this.#exchanges.ready(exchange);
  }

  /** Takes `bytes` from the input, to the server or to nobody. */
  #take(bytes: number, forward: boolean): void {
    const data = this.#input.subarray(0, bytes);
    this.#input = bytes === this.#input.length ? NOTHING : this.#input.subarray(bytes);
    if (forward && data.length > 0) this.#options.toServer.push({ data, atMs: this.#atMs });
  }

  /** Gives up on the input: it goes on as it is. */
  #release(): void {
    this.#take(this.#input.length, true);
  }
}
