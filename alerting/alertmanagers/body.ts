/** Alerts as Alertmanager's API takes them. */
import type { TellableAlert, Telling } from '#alerting/alertmanagers/core/tell.ts';
import type { Labels } from '#signals/matchers.ts';

/** As `POST /api/v2/alerts` takes it. */
export interface PostableAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

/** An Alertmanager that hears nothing for so many tellings takes an alert for resolved. */
const TELLINGS_TO_LIVE = 4;

/** @param resendMs time between two tellings */
export function firingBody(alert: TellableAlert, nowMs: number, resendMs: number): PostableAlert {
  return bodyOf(alert, nowMs + TELLINGS_TO_LIVE * resendMs);
}

export function resolvedBody(alert: Telling['resolved'][number]): PostableAlert {
  return bodyOf(alert, alert.endsAtMs);
}

function bodyOf(alert: TellableAlert, endsAtMs: number): PostableAlert {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: new Date(alert.startsAtMs).toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
    generatorURL: alert.generatorUrl,
  };
}
