/**
 * What an Alertmanager must be told now. It is told states, not changes: all
 * that fires, again and again, and what it believes to fire and does not any
 * more. So whatever either side forgets is put right by the next telling. Pure.
 */
import type { Labels } from '#signals/matchers.ts';

/** An alert as one Alertmanager was told of it, or as it is now. */
export interface TellableAlert {
  readonly fingerprint: string;
  /** One more each time the alert fires again. */
  readonly incarnation: number;
  readonly startsAtMs: number;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly generatorUrl: string;
}

export interface Telling {
  /** Of alerts it believes to fire; told first, so that one that fires again is a new one to it. */
  readonly resolved: readonly (TellableAlert & { readonly endsAtMs: number })[];
  readonly firing: readonly TellableAlert[];
  /** Whether there is something it does not know yet. */
  readonly hasNews: boolean;
}

/**
 * @param told what it was told to fire, and not yet that it ended
 * @param endOf when an alert of that incarnation resolved; undefined when nobody remembers
 */
export function whatToTell(
  firing: readonly TellableAlert[],
  told: readonly TellableAlert[],
  endOf: (alert: TellableAlert) => number | undefined,
  nowMs: number,
): Telling {
  const current = new Map(firing.map((alert) => [alert.fingerprint, alert.incarnation]));
  const known = new Set(told.map(keyOf));
  const resolved = told
    .filter(({ fingerprint, incarnation }) => current.get(fingerprint) !== incarnation)
    .map((alert) => ({ ...alert, endsAtMs: Math.max(alert.startsAtMs, endOf(alert) ?? nowMs) }));
  return {
    resolved,
    firing,
    hasNews: resolved.length > 0 || firing.some((alert) => !known.has(keyOf(alert))),
  };
}

/** Of one time that it fires. */
export function keyOf({
  fingerprint,
  incarnation,
}: Pick<TellableAlert, 'fingerprint' | 'incarnation'>): string {
  return `${incarnation} ${fingerprint}`;
}
