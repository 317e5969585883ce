/**
 * What a reader missed, from the running totals in the headers: whatever was
 * accepted between two records it has seen, and was in neither, is lost.
 */
import { NO_ITEMS, RECORD_KINDS, subtractTotals, sumTotals, type Totals } from '#signals/records.ts';

export type LossReason = 'retention' | 'corrupt';

/** The greater of two totals, by kind. */
export function maxTotals(left: Totals, right: Totals): Totals {
  return {
    'otlp-traces': Math.max(left['otlp-traces'], right['otlp-traces']),
    'otlp-logs': Math.max(left['otlp-logs'], right['otlp-logs']),
    'otlp-metrics': Math.max(left['otlp-metrics'], right['otlp-metrics']),
    'prom-samples': Math.max(left['prom-samples'], right['prom-samples']),
  };
}

/** Keeps the totals a reader has accounted for, and the losses found since they were last taken. */
export class LossMeter {
  #accepted: Totals;
  #lost: Readonly<Record<string, Totals>> = {};
  #reason: LossReason = 'corrupt';

  /** @param accepted of the cursor the reader starts from */
  constructor(accepted: Totals) {
    this.#accepted = accepted;
  }

  /** The next gap comes from segments that were deleted. */
  skippedDeleted(): void {
    this.#reason = 'retention';
  }

  /**
   * @param before totals up to where something undamaged begins
   * @param after totals behind it
   */
  sees(before: Totals, after: Totals): void {
    const known = this.#accepted;
    const gap = subtractTotals(maxTotals(before, known), known);
    if (RECORD_KINDS.some((kind) => gap[kind] > 0))
      this.#lost = { ...this.#lost, [this.#reason]: sumTotals(this.#lost[this.#reason] ?? NO_ITEMS, gap) };
    this.#reason = 'corrupt';
    this.#accepted = maxTotals(known, after);
  }

  take(): Readonly<Record<string, Totals>> {
    const lost = this.#lost;
    this.#lost = {};
    return lost;
  }
}
