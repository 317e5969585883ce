/** What users saw, summed up: since the start and over the last minute. */
import { Latencies } from '#sample-services/load/core/latencies.ts';
import type { StepName } from '#sample-services/load/core/journeys.ts';

/** One request that has ended, as the event log has it. */
export interface UserRequest {
  readonly intendedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly step: StepName;
  /** 0 when there was no answer. */
  readonly status: number;
}

export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface StepSummary {
  readonly requests: number;
  /** No answer, or one of 500 and above. */
  readonly errors: number;
  /** From the intended start to the end; null when there was none. */
  readonly latencyMs: Quantiles | null;
}

export interface Summary {
  readonly requests: number;
  readonly errors: number;
  /** From the intended to the real start: how late the generator itself is. */
  readonly lagMs: Quantiles | null;
  readonly latencyMs: Quantiles | null;
  readonly steps: Readonly<Partial<Record<StepName, StepSummary>>>;
}

/** The last minute is a ring of slots, so it is 60 to 65 s long. */
const SLOT_MS = 5000;
const SLOTS = 13;

class Tally {
  readonly #lag = new Latencies();
  readonly #steps = new Map<StepName, { errors: number; readonly latencies: Latencies }>();

  add({ intendedMs, startedMs, endedMs, step, status }: UserRequest): void {
    const tally = this.#step(step);
    if (isError(status)) tally.errors += 1;
    tally.latencies.add(endedMs - intendedMs);
    this.#lag.add(startedMs - intendedMs);
  }

  merge(other: Tally): void {
    this.#lag.merge(other.#lag);
    for (const [step, { errors, latencies }] of other.#steps) {
      const tally = this.#step(step);
      tally.errors += errors;
      tally.latencies.merge(latencies);
    }
  }

  clear(): void {
    this.#lag.clear();
    this.#steps.clear();
  }

  summary(): Summary {
    const all = new Latencies();
    let errors = 0;
    const steps: Partial<Record<StepName, StepSummary>> = {};
    for (const [step, tally] of this.#steps) {
      all.merge(tally.latencies);
      errors += tally.errors;
      steps[step] = {
        requests: tally.latencies.count,
        errors: tally.errors,
        latencyMs: quantilesOf(tally.latencies),
      };
    }
    return {
      requests: all.count,
      errors,
      lagMs: quantilesOf(this.#lag),
      latencyMs: quantilesOf(all),
      steps,
    };
  }

  #step(step: StepName): { errors: number; readonly latencies: Latencies } {
    const known = this.#steps.get(step);
    if (known !== undefined) return known;
    const tally = { errors: 0, latencies: new Latencies() };
    this.#steps.set(step, tally);
    return tally;
  }
}

export class Statistics {
  readonly #all = new Tally();
  readonly #slots = Array.from({ length: SLOTS }, () => ({ number: -1, tally: new Tally() }));

  add(request: UserRequest): void {
    this.#all.add(request);
    const number = Math.floor(request.endedMs / SLOT_MS);
    const slot = this.#slots[number % SLOTS];
    if (slot === undefined || slot.number > number) return;
    if (slot.number < number) {
      slot.tally.clear();
      slot.number = number;
    }
    slot.tally.add(request);
  }

  sinceStart(): Summary {
    return this.#all.summary();
  }

  lastMinute(nowMs: number): Summary {
    const oldest = Math.floor(nowMs / SLOT_MS) - SLOTS + 1;
    const sum = new Tally();
    for (const { number, tally } of this.#slots) if (number >= oldest) sum.merge(tally);
    return sum.summary();
  }
}

export function isError(status: number): boolean {
  return status === 0 || status >= 500;
}

function quantilesOf(latencies: Latencies): Quantiles | null {
  if (latencies.count === 0) return null;
  const at = (share: number): number => rounded(latencies.quantile(share) ?? 0);
  return {
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    max: rounded(latencies.maxMs),
  };
}

/** To a microsecond; nobody's wait is known better. */
function rounded(valueMs: number): number {
  return Math.round(valueMs * 1000) / 1000;
}
