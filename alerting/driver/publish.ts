/** Sets the gauges of SLOs and deliveries when somebody collects metrics. */
import { formatDuration } from '#base/duration.ts';
import type { Meter } from '#base/metrics.ts';
import { countAttemptsFromZero } from '#alerting/driver/metrics.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import type { Severity, SloState, SloStatus } from '#alerting/ports.ts';
import { dividedMs, type Evaluation } from '#alerting/slo/core/evaluation.ts';
import type { SloEngine } from '#alerting/slo/ports.ts';

const STATES = ['ok', 'burning', 'idle', 'blind', 'catching-up'] as const satisfies readonly SloState[];
/** `slo:current_burn_rate:ratio` is taken over this window, where an SLO has it. */
const CURRENT_WINDOW_MS = 300_000;
const DAY_MS = 86_400_000;
const SEVERITIES = ['page', 'ticket'] as const satisfies readonly Severity[];

export function publishStatus(
  { store, metrics, clock, integrations }: Pick<DriverParts, 'store' | 'metrics' | 'clock' | 'integrations'>,
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
  countFromZero({ metrics, integrations });
  meter.onCollect(() => {
    metrics.waiting.set(store.outbox.waitingCount());
    publishIncidents({ store, metrics });
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

/** So that the first incident, or failed attempt, is a rise and not a new series. */
function countFromZero({ metrics, integrations }: Pick<DriverParts, 'metrics' | 'integrations'>): void {
  for (const severity of SEVERITIES) {
    metrics.incidents.add(0, { severity });
    metrics.detection.zero({ severity });
  }
  for (const receiver of integrations.keys()) countAttemptsFromZero(metrics, receiver);
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
  metrics.sloPeriodDays.set(slo.periodMs / DAY_MS, labels);
  const { good, total, measuredRatio } = slo.budget;
  metrics.sloEvents.set(good, { slo_id: slo.id, result: 'good' });
  metrics.sloEvents.set(total - good, { slo_id: slo.id, result: 'bad' });
  metrics.sloMeasured.set(measuredRatio, { slo_id: slo.id });
  for (const { severity, longWindowMs, longBurn, factor } of slo.windows) {
    const policy = { slo_id: slo.id, severity, window: formatDuration(longWindowMs) };
    metrics.sloPolicyBurn.set(longBurn, policy);
    metrics.sloPolicyFactor.set(factor, policy);
  }
  const window = slo.windows.find((candidate) => candidate.shortWindowMs === currentWindowMs);
  if (window !== undefined) metrics.sloBurnRate.set(window.shortBurn, labels);
}

function publishIncidents({ store, metrics }: Pick<DriverParts, 'store' | 'metrics'>): void {
  const counts = store.incidents.openCounts();
  for (const severity of SEVERITIES) {
    for (const acknowledged of [false, true]) {
      const found = counts.find((row) => row.severity === severity && row.acknowledged === acknowledged);
      metrics.incidentsOpen.set(found?.incidents ?? 0, {
        severity,
        acknowledged: acknowledged ? 'yes' : 'no',
      });
    }
  }
}
