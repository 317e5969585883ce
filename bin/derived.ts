/**
 * Carries metrics made of spans from the worker that makes them to the one that
 * writes the journal. What is lost on the way (a part that is being started
 * again, a journal that is full) the next values make up for: they are cumulative.
 */
import { sleep } from '#base/clock.ts';
import type { Meter } from '#base/metrics.ts';
import { systemClock } from '#base/real/clock.ts';
import type { Parts } from '#bin/parts.ts';
import type { DerivedBody } from '#collector/connectors/core/derived-bodies.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { METRICS } from '#signals/registry.ts';

/** How long a finished flush waits here at most: little beside the interval of flushes. */
const POLL_MS = 250;

/** Runs until `signal` aborts. */
export async function carryDerived(parts: Parts, meter: Meter, signal: AbortSignal): Promise<void> {
  const { ingest, metrics } = parts;
  if (ingest === undefined || metrics === undefined) return;
  const refused = meter.counter(METRICS.derivedRefused);
  while (!signal.aborted) {
    const bodies: readonly DerivedBody[] = await metrics.api.takeDerived().catch(() => []);
    for (const { items, body } of bodies) {
      const draft = { kind: 'prom-samples', tenant: DEFAULT_TENANT, items, body } as const;
      await ingest.api.append(draft).catch(() => refused.add(1));
    }
    await sleep(systemClock, POLL_MS, signal).catch(() => {});
  }
}
