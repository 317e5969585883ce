import type { ReactNode } from 'react';
import { QUERIES_MAX, queryChanges, stepMsOf, STEPS } from '#dashboards/console/core/metrics/queries.ts';
import { formatWindow } from '#dashboards/console/core/times.ts';
import type { Interval } from '#dashboards/console/core/time-range.ts';
import { changeQuery, useParameter } from '#dashboards/console/web/data/location.ts';

/** What holds for all queries of the page: how dense the points are, exemplars, and one query more. */
export function PageActions({
  queries,
  interval,
}: {
  readonly queries: readonly string[];
  readonly interval: Interval;
}): ReactNode {
  const [step, setStep] = useParameter('step');
  const [exemplars, setExemplars] = useParameter('exemplars');
  const [browse, setBrowse] = useParameter('browse');
  const typed = queries.some((text) => text !== '');
  if (!typed) return null;
  return (
    <>
      <label className="label">
        a point every{' '}
        <select value={step} onChange={(event) => setStep(event.target.value)}>
          {STEPS.map((one) => (
            <option key={one} value={one}>
              {one === '' ? `${formatWindow(stepMsOf('', interval))} (fits)` : one}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        aria-pressed={exemplars !== 'off'}
        title="Single observations with their traces"
        onClick={() => setExemplars(exemplars === 'off' ? undefined : 'off')}
      >
        ◇ Exemplars
      </button>
      <button
        type="button"
        aria-pressed={browse !== ''}
        onClick={() => setBrowse(browse === '' ? '1' : undefined)}
      >
        Browse metrics
      </button>
      <button
        type="button"
        disabled={queries.length >= QUERIES_MAX}
        onClick={() => changeQuery(queryChanges([...queries, '']))}
      >
        Add a query
      </button>
    </>
  );
}
