/** The time around the start of an incident, about which the stores are asked. */
import type { Incident } from '#alerting/ports.ts';

/** Before the first bad event: what caused it is here. */
const BEFORE_MS = 2 * 60_000;
/** After it fired, when the stores could only be asked later. */
const AFTER_MS = 3 * 60_000;
/** A slow burn may have begun days before it fired; the time looked at stays one that can be compared. */
const BURN_MS_MAX = 3_600_000;
/** Logs and operations are compared with so long before. */
const BASELINE_MS = 30 * 60_000;

export interface Window {
  readonly baselineStartMs: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** @param nowMs the window does not reach beyond it, unless the clock was set back */
export function windowOf(
  { startsAtMs, evidence }: Pick<Incident, 'startsAtMs' | 'evidence'>,
  nowMs: number,
): Window {
  const firstBadMs = Math.min(evidence.firstBadMs ?? startsAtMs, startsAtMs);
  const beganMs = Math.max(firstBadMs, startsAtMs - BURN_MS_MAX);
  const startMs = Math.floor(beganMs - BEFORE_MS);
  const endMs = Math.ceil(Math.min(Math.max(nowMs, startsAtMs), startsAtMs + AFTER_MS));
  return { baselineStartMs: startMs - BASELINE_MS, startMs, endMs };
}
