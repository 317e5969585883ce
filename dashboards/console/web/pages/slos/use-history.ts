/**
 * What an SLO counted: its whole period, or the page's range where the address
 * names one. Until now in either case, because the budget is known for now.
 */
import { withQuery } from '#dashboards/console/core/route.ts';
import { firstMeasured, type SloHistory } from '#dashboards/console/core/slos/history.ts';
import { useAddress } from '#dashboards/console/web/data/location.ts';
import { useInterval } from '#dashboards/console/web/data/now.ts';
import { OWN, type ApiError } from '#dashboards/console/web/data/client.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';

/** A step every few pixels of a wide chart. */
const STEPS = 300;
const EVERY_MS = 5000;
/** A period is looked at as a whole until telemetry has been there for so many steps of it. */
const ZOOM_STEPS = 60;

export interface ShownHistory {
  readonly data: SloHistory | undefined;
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  /** What is drawn ends here. */
  readonly untilMs: number;
  /** The address names a time range. */
  readonly ranged: boolean;
  readonly path: string;
}

export function useHistory(slo: Slo): ShownHistory {
  const { query } = useAddress();
  const { startMs, endMs } = useInterval(EVERY_MS);
  const ranged = query.has('from');
  const base = `${OWN}/slos/${slo.id.split('/').map(encodeURIComponent).join('/')}/history`;
  const wholePath = withQuery(base, { steps: String(STEPS) });
  const whole = useJson<SloHistory>(ranged ? undefined : wholePath, { everyMs: EVERY_MS });
  // An SLO that is a day old would be one step of a month: what there is fills the chart.
  const since = ranged ? startMs : firstStepMs(whole.data);
  const closePath = withQuery(base, { start: String(Math.floor(since ?? 0)), steps: String(STEPS) });
  const close = useJson<SloHistory>(since === undefined ? undefined : closePath, {
    everyMs: EVERY_MS,
    keepAs: `history ${slo.id} ${ranged ? 'range' : 'young'}`,
  });
  const shown = since === undefined ? whole : close;
  return {
    data: shown.data ?? (ranged ? undefined : whole.data),
    loading: shown.loading && shown.data === undefined,
    error: shown.error,
    untilMs: ranged ? endMs : Number.MAX_SAFE_INTEGER,
    ranged,
    path: since === undefined ? wholePath : closePath,
  };
}

/** The step in which telemetry began, while it fills but a part of the period. */
function firstStepMs(history: SloHistory | undefined): number | undefined {
  if (history === undefined) return undefined;
  const first = firstMeasured(history);
  const steps = history.total.length - first;
  return first === 0 || steps > ZOOM_STEPS ? undefined : history.startMs + first * history.stepMs;
}
