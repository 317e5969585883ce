/**
 * Runs an experiment: steady state before, method under abort conditions,
 * faults and rollbacks taken back however it went, steady state after, residue.
 */
import { sleep, type Clock } from '#base/clock.ts';
import { errorText } from '#base/errors.ts';
import type { Net } from '#base/net.ts';
import type { ChaosClient, HeldFault } from '#chaos/client.ts';
import { AlertWatch } from '#chaos/experiment/alert-watch.ts';
import {
  expand,
  type Expectations,
  type Experiment,
  type FaultStep,
  type HttpCall,
  type HttpStep,
  type MethodStep,
} from '#chaos/experiment/core/model.ts';
import { answerText, isTolerated, toleranceText, type Answer } from '#chaos/experiment/core/tolerance.ts';
import { deviates, type RunReport, type RunStatus, type StepReport } from '#chaos/experiment/report.ts';

export interface RunOptions {
  readonly client: ChaosClient;
  readonly net: Net;
  readonly clock: Clock;
  /** For `${name}`; `origin` is where alerts are asked for. */
  readonly variables: Readonly<Record<string, string>>;
  /** Aborted by whoever wants it to end. */
  readonly signal: AbortSignal;
  /** What is being done, a line each. */
  readonly say: (line: string) => void;
}

/** Of an answer, looked at by tolerances. */
const ANSWER_BYTES_MAX = 256 * 1024;
/** With the time between two looks, an abort takes a second at most by default. */
const ABORT_TIMEOUT_MS = 500;
const RECOVER_EVERY_MS = 500;

/** Why the method ended before its end. */
class Ended extends Error {
  override readonly name = 'Ended';
  readonly status: RunStatus;

  constructor(status: RunStatus, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** Never rejects for what happens in the experiment: that is in the report. */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<RunReport> {
  return new ExperimentRun(experiment, options).run();
}

class ExperimentRun {
  readonly #experiment: Experiment;
  readonly #options: RunOptions;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #steps: StepReport[] = [];
  readonly #held: HeldFault[] = [];
  readonly #expect: Expectations;
  /** Ends the method, with an {@link Ended} for a reason. */
  readonly #ending = new AbortController();
  #faultsBeganMs: number | undefined;

  constructor(experiment: Experiment, options: RunOptions) {
    this.#experiment = experiment;
    this.#options = options;
    this.#expect = experiment.sham ? nothingToSee(experiment.expect) : experiment.expect;
    this.#variables = { ...options.variables, ...experiment.configuration };
  }

  async run(): Promise<RunReport> {
    const { clock, net } = this.#options;
    const { title, sham, hypothesis, rollbacks } = this.#experiment;
    const expect = this.#expect;
    const startedMs = clock.wallMs();
    const before = await this.#probeAll(hypothesis.probes);
    const watch = new AlertWatch(this.#variables['origin'] ?? '', net, clock);
    const watching = expect.alerts.length > 0 || expect.mustNotPage.length > 0;
    let ended: Ended | undefined;
    if (before.every(({ good }) => good)) ended = await this.#method(watching ? watch : undefined);
    else ended = new Ended('aborted', `the steady state did not hold before: ${hypothesis.title}`);
    const undone: StepReport[] = [];
    for (const step of rollbacks) undone.push(await this.#http(step));
    const after = await this.#recovered();
    const sinceMs = this.#faultsBeganMs ?? clock.monotonicMs();
    await watch.stop();
    const expectations = watching ? watch.report(expect, sinceMs) : [];
    const residue = await this.#residue();
    const found = {
      status: ended?.status ?? 'completed',
      reason: ended?.message,
      steady_states: { before, after },
      run: this.#steps,
      rollbacks: undone,
      expectations,
      residue,
    };
    return { title, sham, startedMs, endedMs: clock.wallMs(), ...found, deviated: deviates(found) };
  }

  // -- the method -----------------------------------------------------------------

  /** Undefined when it was done to its end. Whatever happened, no fault is on afterwards. */
  async #method(watch: AlertWatch | undefined): Promise<Ended | undefined> {
    const { clock, signal } = this.#options;
    const { method } = this.#experiment;
    const interrupt = (): void => this.#ending.abort(new Ended('interrupted', 'it was stopped'));
    if (signal.aborted) interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    const guard = this.#guard();
    try {
      await watch?.start();
      for (const step of method) await this.#step(step);
      await watch?.settle(this.#expect, this.#faultsBeganMs ?? clock.monotonicMs(), this.#ending.signal);
      this.#ending.signal.throwIfAborted();
      return undefined;
    } catch (error) {
      return error instanceof Ended ? error : new Ended('failed', errorText(error));
    } finally {
      signal.removeEventListener('abort', interrupt);
      this.#ending.abort(new Ended('completed', 'it is over'));
      await guard;
      await this.#releaseAll();
    }
  }

  async #step(step: MethodStep): Promise<void> {
    await this.#pause(step.pauseBeforeMs);
    this.#options.say(step.name);
    if (step.kind === 'fault') await this.#fault(step);
    else this.#steps.push(await this.#http(step));
    await this.#pause(step.pauseAfterMs);
  }

  async #fault({ name, fault, target, parameters, forMs }: FaultStep): Promise<void> {
    const { client, clock } = this.#options;
    const { leaseMs, sham } = this.#experiment;
    const startedMs = clock.wallMs();
    const request = { fault, parameters, leaseMs, sham, alongside: this.#held.length > 0 };
    const held = await client.hold(target === undefined ? request : { ...request, target });
    this.#faultsBeganMs ??= clock.monotonicMs();
    this.#held.push(held);
    void held.over.then((why) => {
      if (why !== 'released')
        this.#ending.abort(new Ended('failed', `${held.view.id} ended by itself: ${why}`));
    });
    if (forMs !== undefined) {
      await this.#pause(forMs);
      this.#held.splice(this.#held.indexOf(held), 1);
      await held.release();
    }
    const seen = `${fault} on ${held.view.target}${sham ? ', sham' : ''}`;
    this.#steps.push({
      name,
      kind: 'fault',
      startedMs,
      endedMs: clock.wallMs(),
      good: true,
      wanted: '',
      seen,
    });
  }

  /** Looks at the abort conditions until the method is over. */
  async #guard(): Promise<void> {
    const { clock } = this.#options;
    const { everyMs, probes } = this.#experiment.abort;
    const { signal } = this.#ending;
    while (probes.length > 0 && !signal.aborted) {
      await sleep(clock, everyMs, signal).catch(() => {});
      for (const probe of probes) {
        if (signal.aborted) return;
        const report = await this.#http(probe, ABORT_TIMEOUT_MS);
        if (!report.good)
          this.#ending.abort(new Ended('aborted', `${probe.name}: ${report.seen}, wanted ${report.wanted}`));
      }
    }
  }

  async #releaseAll(): Promise<void> {
    for (const held of this.#held.splice(0).toReversed()) {
      try {
        await held.release();
      } catch (error) {
        // Its lease ends it; whether anything is left, the residue says.
        this.#options.say(errorText(error));
      }
    }
  }

  /** @throws Ended */
  #pause(pauseMs: number): Promise<void> {
    this.#ending.signal.throwIfAborted();
    return pauseMs === 0 ? Promise.resolve() : sleep(this.#options.clock, pauseMs, this.#ending.signal);
  }

  // -- looking --------------------------------------------------------------------

  async #probeAll(probes: readonly HttpStep[]): Promise<readonly StepReport[]> {
    const reports: StepReport[] = [];
    for (const probe of probes) reports.push(await this.#http(probe));
    return reports;
  }

  /** The steady state, as soon as it is back, or as it is when the time is up. */
  async #recovered(): Promise<readonly StepReport[]> {
    const { clock, signal } = this.#options;
    const untilMs = clock.monotonicMs() + this.#experiment.recoverMs;
    for (;;) {
      const reports = await this.#probeAll(this.#experiment.hypothesis.probes);
      const isBack = reports.every(({ good }) => good);
      if (isBack || clock.monotonicMs() >= untilMs || signal.aborted) return reports;
      await sleep(clock, RECOVER_EVERY_MS, signal).catch(() => {});
    }
  }

  async #residue(): Promise<readonly string[]> {
    try {
      return (await this.#options.client.residue()).residue;
    } catch (error) {
      return [`nobody knows: ${errorText(error)}`];
    }
  }

  async #http({ name, kind, call, tolerance }: HttpStep, timeoutMsMax = Infinity): Promise<StepReport> {
    const { clock } = this.#options;
    const startedMs = clock.wallMs();
    const answer = await this.#ask(call, Math.min(call.timeoutMs, timeoutMsMax));
    return {
      name,
      kind,
      startedMs,
      endedMs: clock.wallMs(),
      good: isTolerated(tolerance, answer),
      wanted: toleranceText(tolerance),
      seen: answerText(answer),
    };
  }

  async #ask({ method, url, headers, body }: HttpCall, timeoutMs: number): Promise<Answer> {
    const { clock, net } = this.#options;
    const startedMs = clock.monotonicMs();
    const tookMs = (): number => clock.monotonicMs() - startedMs;
    const expanded = Object.entries(headers).map(([name, value]) => [name, expand(value, this.#variables)]);
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    try {
      const response = await net.request({
        method,
        url: expand(url, this.#variables),
        headers: { ...json, ...(Object.fromEntries(expanded) as Readonly<Record<string, string>>) },
        ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
        timeoutMs,
        responseBytesMax: ANSWER_BYTES_MAX,
      });
      return {
        status: response.status,
        body: new TextDecoder().decode(response.body),
        tookMs: tookMs(),
        error: undefined,
      };
    } catch (error) {
      return { status: 0, body: '', tookMs: tookMs(), error: errorText(error) || 'no answer' };
    }
  }
}

/** What does nothing must not be seen by anybody. */
function nothingToSee({ alerts, mustNotPage }: Expectations): Expectations {
  return {
    alerts: [],
    blame: undefined,
    mustNotPage: [...mustNotPage, ...alerts.map(({ labels }) => labels)],
  };
}
