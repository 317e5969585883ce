/** A service as the map and its table show it: its own figures, else those of its callers. */
import type { ServiceNow } from '#dashboards/console/core/now/services.ts';
import { markOf, type MarkState } from '#dashboards/console/web/parts/state-mark.tsx';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import type { NowFigures } from '#dashboards/console/web/pages/now/use-now.ts';

export interface MapService {
  readonly name: string;
  readonly now: ServiceNow;
  /** False: only its callers tell of it. */
  readonly reports: boolean;
  /** Whose traces show it: its own, else those of one who calls it. */
  readonly seenBy: string;
  /** Of its worst SLO; undefined when it has none. */
  readonly mark: MarkState | undefined;
  readonly worstSlo: Slo | undefined;
}

/** @param slos worst first */
export function mapServices(
  { services, calls, ready }: Pick<NowFigures, 'services' | 'calls' | 'ready'>,
  slos: readonly Slo[],
): readonly MapService[] {
  const own = new Map(services.map((service) => [service.name, service.now]));
  const names = new Set([...own.keys(), ...calls.flatMap(({ from, to }) => [from, to])]);
  return [...names].toSorted().map((name) => {
    const worstSlo = slos.find(({ service }) => service === name);
    const now = own.get(name);
    return {
      name,
      now: now ?? asCallersSeeIt(name, calls),
      // Until both answers are there nobody is said to be silent.
      reports: now !== undefined || !ready,
      seenBy: now === undefined ? (calls.find(({ to }) => to === name)?.from ?? name) : name,
      mark: worstSlo === undefined ? undefined : markOf(worstSlo),
      worstSlo,
    };
  });
}

function asCallersSeeIt(name: string, calls: NowFigures['calls']): ServiceNow {
  const mine = calls.filter(({ to }) => to === name);
  const rate = mine.reduce((sum, call) => sum + call.rate, 0);
  const failed = mine.reduce((sum, call) => sum + call.rate * (call.errorRatio ?? 0), 0);
  return { rate: mine.length === 0 ? null : rate, errorRatio: rate > 0 ? failed / rate : null, p95Ms: null };
}
