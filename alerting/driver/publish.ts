/** Sets the gauges of SLOs and deliveries when somebody collects metrics. */
import type { Meter } from '#base/metrics.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import type { SloState, SloStatus } from '#alerting/ports.ts';
import { dividedMs, type Evaluation } from '#alerting/slo/core/evaluation.ts';
import type { SloEngine } from '#alerting/slo/ports.ts';

const STATES = ['ok', 'burning', 'idle', 'blind', 'catching-up'] as const satisfies readonly SloState[];
/** `slo:current_burn_rate:ratio` is taken over this window, where an SLO has it. */
const CURRENT_WINDOW_MS = 300_000;

export function publishStatus(
  { store, metrics, clock }: Pick<DriverParts, 'store' | 'metrics' | 'clock'>,
  {
    meter,
    engine,
    config,
  }: {
    readonly meter: Meter;
    readonly engine: SloEngine;
    readonly config: { readonly evaluation: Evaluation };
  },
): void {
  const currentWindowMs = dividedMs(CURRENT_WINDOW_MS, config.evaluation, 1000);
  let late = { past: 0, future: 0 };
  let lost = { spans: 0, samples: 0 };
  meter.onCollect(() => {
    metrics.waiting.set(store.outbox.waitingCount());
    const now = engine.lateEvents();
    metrics.lateEvents.add(now.past - late.past, { direction: 'past' });
    metrics.lateEvents.add(now.future - late.future, { direction: 'future' });
    late = { ...now };
    const { spans, samples } = engine.overflows();
    metrics.unplacedSpans.add(spans - lost.spans);
    metrics.uncountedSamples.add(samples - lost.samples);
    lost = { spans, samples };
    for (const slo of engine.status(clock.wallMs())) publishSlo(metrics, slo, currentWindowMs);
  });
}

function publishSlo(metrics: DriverParts['metrics'], slo: SloStatus, currentWindowMs: number): void {
  for (const state of STATES) {
    metrics.sloState.set(state === slo.state ? 1 : 0, { slo_id: slo.id, state });
  }
  // Sloth's labels, so that its dashboards work on these.
  const labels = { sloth_id: slo.id, sloth_service: slo.service, sloth_slo: slo.name };
  metrics.sloObjective.set(slo.objective, labels);
  if (slo.budget.remainingRatio !== undefined)
    metrics.sloBudgetRemaining.set(slo.budget.remainingRatio, labels);
  const window = slo.windows.find((candidate) => candidate.shortWindowMs === currentWindowMs);
  if (window !== undefined) metrics.sloBurnRate.set(window.shortBurn, labels);
}
