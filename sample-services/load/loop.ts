/** Runs the generator against the machine's clock and the real gateway. */
import { EventLog } from '#sample-services/load/event-log.ts';
import { UserClient } from '#sample-services/load/client.ts';
import { Generator, type Attempt } from '#sample-services/load/core/generator.ts';
import { Statistics, type Summary } from '#sample-services/load/core/statistics.ts';
import type { Settings } from '#sample-services/load/flags.ts';
import { outcomeOf, requestOf, type Credentials } from '#sample-services/load/requests.ts';

/**
 * Requests under way at once: at the highest rate every user may wait out the
 * timeout twice over before it is reached, so only a flash crowd on top of a
 * dead gateway gets there.
 */
const IN_FLIGHT_MAX = 10_000;
/** In the log, of a request that was not made because of that limit. */
const NOT_MADE = 'IN_FLIGHT_MAX';
/** Timers of Node are good to a millisecond; waiting longer than this is never needed. */
const WAIT_MS_MAX = 1000;

/** What `GET /stats` answers. Latencies run from the intended start. */
export interface Stats {
  readonly startedMs: number;
  readonly nowMs: number;
  readonly requestsPerSecond: number;
  /** Expected right now, with the daily curve and the crowd. */
  readonly requestsPerSecondNow: number;
  readonly journeys: { readonly started: number; readonly finished: number; readonly givenUp: number };
  readonly inFlight: number;
  readonly inFlightMax: number;
  /** Requests not made because of `inFlightMax`; each is in the log, with status 0. */
  readonly overLimit: number;
  readonly thinking: number;
  readonly logLinesLost: number;
  readonly sinceStart: Summary;
  readonly last60s: Summary;
}

export class LoadLoop implements AsyncDisposable {
  readonly #generator: Generator;
  readonly #client: UserClient;
  readonly #credentials: Credentials;
  readonly #log: EventLog | undefined;
  readonly #statistics = new Statistics();
  readonly #startedMs = nowMs();
  #timer: NodeJS.Timeout | undefined;
  #overLimit = 0;
  #isStopped = false;

  constructor(settings: Settings, credentials: Credentials) {
    const { gateway, timeoutMs, logFile } = settings;
    this.#credentials = credentials;
    this.#client = new UserClient(gateway, { timeoutMs, connectionsMax: IN_FLIGHT_MAX });
    this.#log = logFile === undefined ? undefined : new EventLog(logFile);
    this.#generator = new Generator({
      ...settings,
      startMs: this.#startedMs,
      inFlightMax: IN_FLIGHT_MAX,
    });
    this.#run();
  }

  setRate(requestsPerSecond: number): void {
    this.#generator.setRate(nowMs(), requestsPerSecond);
    this.#run();
  }

  flashCrowd(factor: number, durationMs: number): void {
    this.#generator.flashCrowd(nowMs(), factor, durationMs);
    this.#run();
  }

  /** Nobody comes any more; resolves when the last answer is there or its timeout over. */
  async drain(): Promise<void> {
    this.#generator.close();
    while (this.#generator.inFlight + this.#generator.thinking > 0 && !this.#isStopped) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  stats(): Stats {
    const now = nowMs();
    return {
      startedMs: this.#startedMs,
      nowMs: now,
      requestsPerSecond: this.#generator.requestsPerSecond,
      requestsPerSecondNow: this.#generator.rateAt(now),
      journeys: this.#generator.journeys,
      inFlight: this.#generator.inFlight,
      inFlightMax: IN_FLIGHT_MAX,
      overLimit: this.#overLimit,
      thinking: this.#generator.thinking,
      logLinesLost: this.#log?.linesLost ?? 0,
      sinceStart: this.#statistics.sinceStart(),
      last60s: this.#statistics.lastMinute(now),
    };
  }

  /** Requests still under way are dropped, unlogged: nobody has seen their end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#client[Symbol.dispose]();
    await this.#log?.[Symbol.asyncDispose]();
  }

  #run(): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    const { attempts, refused } = this.#generator.take(nowMs());
    for (const attempt of attempts) void this.#make(attempt);
    for (const attempt of refused) this.#refuse(attempt);
    const nextMs = this.#generator.nextMs();
    if (nextMs === undefined) return;
    const waitMs = Math.max(0, Math.min(WAIT_MS_MAX, nextMs - nowMs()));
    this.#timer = setTimeout(() => this.#run(), waitMs);
  }

  async #make(attempt: Attempt): Promise<void> {
    const startedMs = nowMs();
    const answer = await this.#client.call(requestOf(attempt, this.#credentials));
    const endedMs = nowMs();
    if (this.#isStopped) return;
    this.#record(attempt, {
      startedMs,
      endedMs,
      status: answer.status,
      error: answer.error ?? null,
    });
    this.#generator.finish(attempt, outcomeOf(answer, endedMs));
    this.#run();
  }

  #refuse(attempt: Attempt): void {
    this.#overLimit += 1;
    const now = nowMs();
    this.#record(attempt, { startedMs: now, endedMs: now, status: 0, error: NOT_MADE });
  }

  #record(
    { intendedMs, journey, step }: Attempt,
    seen: {
      readonly startedMs: number;
      readonly endedMs: number;
      readonly status: number;
      readonly error: string | null;
    },
  ): void {
    const { startedMs, endedMs, status, error } = seen;
    this.#statistics.add({ intendedMs, startedMs, endedMs, step, status });
    this.#log?.add({ intendedMs, startedMs, endedMs, journey, step, status, error });
  }
}

/** Epoch milliseconds with fractions, of a clock that never jumps. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
