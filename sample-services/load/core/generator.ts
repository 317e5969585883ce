/**
 * The open loop: which request is to be made when. Customers come when they
 * come; a slow or dead company changes neither their number nor their times.
 * Only what a customer does next waits for the answer to what they did before.
 */
import { Arrivals, type ArrivalOptions } from '#sample-services/load/core/arrivals.ts';
import { DueQueue } from '#sample-services/load/core/due-queue.ts';
import {
  LOGIN,
  newVisit,
  nextStep,
  REQUESTS_PER_JOURNEY,
  type JourneyName,
  type Step,
  type StepName,
  type Visit,
} from '#sample-services/load/core/journeys.ts';
import { RandomStream } from '#sample-services/load/core/random-stream.ts';

export interface GeneratorOptions extends Omit<ArrivalOptions, 'perSecond'> {
  /** Mean requests a second of journeys nobody gives up. */
  readonly requestsPerSecond: number;
  /** Requests under way at once; what would be one more is not made, and counted. */
  readonly inFlightMax: number;
}

/** A request to be made now. */
export interface Attempt {
  /** When it was to start; it may have become later since. */
  readonly intendedMs: number;
  readonly journey: JourneyName;
  readonly step: StepName;
  readonly visit: Visit;
  /** Of whoever is logged in; undefined for a login. */
  readonly token: string | undefined;
}

/** What came of it. */
export interface Outcome {
  readonly endedMs: number;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly quoteId?: string;
  readonly shipmentId?: string;
  readonly token?: { readonly text: string; readonly lifeMs: number };
}

export interface Taken {
  readonly attempts: readonly Attempt[];
  /** Not to be made: too many are under way. */
  readonly refused: readonly Attempt[];
}

export interface JourneyCounts {
  readonly started: number;
  /** Went to their last step. */
  readonly finished: number;
  /** Ended early, because what the next step needed had failed. */
  readonly givenUp: number;
}

/** A token is renewed when this share of its life is over. */
const RENEW_AT = 0.8;
const UNAUTHORIZED = 401;

interface Token {
  readonly text: string;
  readonly renewMs: number;
  readonly endMs: number;
}

export class Generator {
  readonly #seed: number;
  readonly #inFlightMax: number;
  readonly #arrivals: Arrivals;
  readonly #thinking = new DueQueue<Visit>();
  readonly #renewal: Visit;
  #requestsPerSecond: number;
  #token: Token | undefined;
  #isRenewing = false;
  #isOpen = true;
  #inFlight = 0;
  readonly #counts = { started: 0, finished: 0, givenUp: 0 };

  constructor(options: GeneratorOptions) {
    this.#seed = options.seed;
    this.#inFlightMax = options.inFlightMax;
    this.#requestsPerSecond = options.requestsPerSecond;
    this.#arrivals = new Arrivals({ ...options, perSecond: customersPerSecond(options.requestsPerSecond) });
    const random = new RandomStream(options.seed);
    this.#renewal = { journey: LOGIN, step: 0, quoteId: undefined, shipmentId: undefined, random };
  }

  get requestsPerSecond(): number {
    return this.#requestsPerSecond;
  }
  get inFlight(): number {
    return this.#inFlight;
  }
  get thinking(): number {
    return this.#thinking.size;
  }
  get journeys(): JourneyCounts {
    return { ...this.#counts };
  }

  /** Requests a second expected right now, with the curve and the crowd. */
  rateAt(nowMs: number): number {
    return this.#arrivals.rateAt(nowMs) * REQUESTS_PER_JOURNEY;
  }

  setRate(nowMs: number, requestsPerSecond: number): void {
    this.#requestsPerSecond = requestsPerSecond;
    this.#arrivals.setRate(nowMs, customersPerSecond(requestsPerSecond));
  }

  flashCrowd(nowMs: number, factor: number, durationMs: number): void {
    this.#arrivals.crowd(nowMs, factor, durationMs);
  }

  /** Nobody comes any more; who is there goes on. */
  close(): void {
    this.#isOpen = false;
  }

  /** When to call {@link Generator.take} again; undefined when only an answer can bring anything new. */
  nextMs(): number | undefined {
    const dues = [this.#thinking.nextMs, this.#isOpen ? this.#arrivals.nextMs() : undefined];
    const known = dues.filter((due) => due !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** All requests that are due. Each of `attempts` must be answered with {@link Generator.finish}. */
  take(nowMs: number): Taken {
    const taken: { attempts: Attempt[]; refused: Attempt[] } = { attempts: [], refused: [] };
    const start = (visit: Visit, intendedMs: number): void => {
      const attempt = this.#attempt(visit, intendedMs, nowMs);
      if (this.#inFlight < this.#inFlightMax) {
        this.#inFlight += 1;
        taken.attempts.push(attempt);
        return;
      }
      taken.refused.push(attempt);
      this.#counts.givenUp += 1;
    };
    for (let at = this.#newcomer(nowMs); at !== undefined; at = this.#newcomer(nowMs)) {
      start(newVisit(this.#seed, this.#counts.started), at);
    }
    for (let due = this.#thinking.take(nowMs); due !== undefined; due = this.#thinking.take(nowMs)) {
      start(due.item, due.dueMs);
    }
    const isOld = this.#token !== undefined && nowMs >= this.#token.renewMs;
    if (isOld && !this.#isRenewing && this.#inFlight < this.#inFlightMax) {
      this.#isRenewing = true;
      this.#inFlight += 1;
      taken.attempts.push(loginAttempt(this.#renewal, nowMs));
    }
    return taken;
  }

  finish(attempt: Attempt, outcome: Outcome): void {
    this.#inFlight -= 1;
    const { visit } = attempt;
    if (attempt.step === 'POST /token') {
      this.#loggedIn(visit, outcome);
      return;
    }
    // It was taken back, or the company has forgotten its key: the next one logs in again.
    if (outcome.status === UNAUTHORIZED && this.#token?.text === attempt.token) this.#token = undefined;
    if (isGood(outcome)) {
      visit.quoteId = outcome.quoteId ?? visit.quoteId;
      visit.shipmentId = outcome.shipmentId ?? visit.shipmentId;
    }
    this.#goOn(visit, outcome.endedMs);
  }

  #newcomer(nowMs: number): number | undefined {
    const at = this.#isOpen ? this.#arrivals.take(nowMs) : undefined;
    if (at !== undefined) this.#counts.started += 1;
    return at;
  }

  #attempt(visit: Visit, intendedMs: number, nowMs: number): Attempt {
    const token = this.#token;
    if (token === undefined || nowMs >= token.endMs) return loginAttempt(visit, intendedMs);
    return {
      intendedMs,
      journey: visit.journey.name,
      step: stepOf(visit).name,
      visit,
      token: token.text,
    };
  }

  #loggedIn(visit: Visit, outcome: Outcome): void {
    const { token, endedMs } = outcome;
    const isIn = isGood(outcome) && token !== undefined;
    if (isIn) {
      const { text, lifeMs } = token;
      this.#token = { text, renewMs: endedMs + RENEW_AT * lifeMs, endMs: endedMs + lifeMs };
    }
    if (visit === this.#renewal) {
      this.#isRenewing = false;
      return;
    }
    // Who wanted in goes on at once to what they came for.
    if (isIn) this.#thinking.add(endedMs, visit);
    else this.#counts.givenUp += 1;
  }

  #goOn(visit: Visit, nowMs: number): void {
    const next = nextStep(visit, visit.step + 1);
    if (next === undefined) {
      const isWhole = visit.step === visit.journey.steps.length - 1;
      if (isWhole) this.#counts.finished += 1;
      else this.#counts.givenUp += 1;
      return;
    }
    visit.step = next;
    this.#thinking.add(nowMs + visit.random.exponential() * stepOf(visit).thinkMs, visit);
  }
}

function isGood({ status }: Outcome): boolean {
  return status >= 200 && status < 300;
}

function stepOf({ journey, step }: Visit): Step {
  const found = journey.steps[step];
  if (found === undefined) throw new RangeError(`${journey.name} has no step ${step}`);
  return found;
}

function loginAttempt(visit: Visit, intendedMs: number): Attempt {
  return { intendedMs, journey: 'login', step: 'POST /token', visit, token: undefined };
}

function customersPerSecond(requestsPerSecond: number): number {
  return requestsPerSecond / REQUESTS_PER_JOURNEY;
}
