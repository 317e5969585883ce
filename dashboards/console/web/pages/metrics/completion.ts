/** What the editor completes with: names and values out of our own API, each asked for once a minute at most. */
import type { PrometheusClient } from '@prometheus-io/codemirror-promql';
import { promString } from '#dashboards/console/core/prom-series.ts';
import type { MetadataAnswer, NamesAnswer } from '#dashboards/console/core/metrics/catalogue.ts';
import { getJson } from '#dashboards/console/web/data/client.ts';

const KEPT_MS = 60_000;
/** A list that is longer is not read by anybody; typing makes it shorter. */
const ANSWERS_MAX = 5000;

interface Kept {
  readonly untilMs: number;
  readonly answer: Promise<unknown>;
}

const kept = new Map<string, Kept>();

/** Without an answer there is nothing to complete with, and typing goes on. */
async function ask<T>(path: string, nothing: T): Promise<T> {
  const known = kept.get(path);
  if (known !== undefined && known.untilMs > Date.now()) return (await known.answer) as T;
  const answer = getJson<{ readonly data: T }>(path)
    .then(({ data }) => data)
    .catch(() => {
      kept.delete(path);
      return nothing;
    });
  kept.set(path, { untilMs: Date.now() + KEPT_MS, answer });
  return await answer;
}

function matching(metricName: string | undefined): string {
  const parameters = new URLSearchParams({ limit: String(ANSWERS_MAX) });
  if (metricName !== undefined && metricName !== '')
    parameters.set('match[]', `{__name__=${promString(metricName)}}`);
  return parameters.toString();
}

export const completionClient: PrometheusClient = {
  metricNames: async () => [
    ...(await ask<NamesAnswer['data']>(`/api/v1/label/__name__/values?${matching(undefined)}`, [])),
  ],
  metricMetadata: async () => {
    const metadata = await ask<MetadataAnswer['data']>('/api/v1/metadata', {});
    return Object.fromEntries(Object.entries(metadata).map(([name, list]) => [name, [...list]]));
  },
  labelNames: async (metricName) => {
    const names = await ask<readonly string[]>(`/api/v1/labels?${matching(metricName)}`, []);
    return names.filter((name) => name !== '__name__');
  },
  labelValues: async (labelName, metricName) => [
    ...(await ask<readonly string[]>(
      `/api/v1/label/${encodeURIComponent(labelName)}/values?${matching(metricName)}`,
      [],
    )),
  ],
  // Not asked for by the completion; label names and values are what it needs of them.
  series: () => Promise.resolve([]),
  flags: () => Promise.resolve({}),
};
