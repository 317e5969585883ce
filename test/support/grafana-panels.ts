/**
 * Asks every panel as Grafana's back end would: the requests of its data
 * sources, with variables replaced and ranges aligned, against any set of base
 * addresses. So one suite shows that boards have data on Plimsoll alone and on
 * the real engines.
 */
import { panelsOf, type BoardView, type PanelView, type TargetView } from '#dashboards/grafana/lint/view.ts';
import { documentAnswers, documentSearch } from '#test/support/grafana-documents.ts';

/** Where each data source is, without a slash at the end; one left out is not asked. */
export interface Bases {
  readonly prometheus?: string;
  readonly alertmanager?: string;
  readonly jaeger?: string;
  readonly elasticsearch?: string;
}

export interface Question {
  readonly bases: Bases;
  /** Without the `$`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Answer {
  /** Board, panel and letter of the query. */
  readonly where: string;
  readonly source: string;
  /** Samples that are numbers, traces, edges, documents or buckets with any, alerts; 0 is an empty panel. */
  readonly count: number;
  /** Why there is no count: the source's own words. */
  readonly error?: string;
}

/** The data source of Prometheus is told that targets are scraped this often. */
const SCRAPE_MS = 5000;
/** Points a panel has room for. */
const POINTS_MAX = 1000;

/** One thing a board asks. */
interface Ask {
  readonly where: string;
  readonly source: keyof Bases;
  readonly run: (question: Question) => Promise<number>;
}

/**
 * One answer for each query of each panel, each variable and each mark, in order.
 *
 * @param isWanted by `where`: which to ask at all
 */
export async function askBoard(
  board: BoardView,
  question: Question,
  isWanted: (where: string) => boolean = () => true,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const { where, source, run } of asksOf(board)) {
    if (question.bases[source] === undefined || !isWanted(where)) continue;
    try {
      answers.push({ where, source, count: await run(question) });
    } catch (error) {
      answers.push({
        where,
        source,
        count: 0,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return answers;
}

function asksOf(board: BoardView): readonly Ask[] {
  const variables = board.templating.list.filter(({ type }) => type === 'query');
  return [
    ...variables.map(({ name, query = '' }) => ({
      where: `${board.uid} › $${name}`,
      source: 'prometheus' as const,
      run: (question: Question) => labelValues(query, question),
    })),
    ...(board.annotations?.list ?? []).map(({ name, expr = '' }) => ({
      where: `${board.uid} › mark ${name}`,
      source: 'prometheus' as const,
      run: (question: Question) => range(expr, question),
    })),
    ...panelsOf(board).flatMap((panel) => asksOfPanel(panel, `${board.uid} › ${panel.title} (${panel.id})`)),
  ];
}

function asksOfPanel({ type, targets = [] }: PanelView, where: string): readonly Ask[] {
  if (type === 'alertGroups') return [{ where, source: 'alertmanager', run: alertGroups }];
  return targets.flatMap((target) => {
    const place = `${where} ${target.refId}`;
    // The types of data sources are the names of the bases.
    const source = target.datasource.type as keyof Bases;
    const itself: Ask = { where: place, source, run: (question) => askTarget(target, question) };
    if (target.exemplar !== true) return [itself];
    const { expr = '' } = target;
    return [itself, { where: `${place} exemplars`, source, run: (question) => exemplars(expr, question) }];
  });
}

function askTarget(target: TargetView, question: Question): Promise<number> {
  switch (target.datasource.type) {
    case 'prometheus':
      return target.range === true
        ? range(target.expr ?? '', question)
        : instant(target.expr ?? '', question);
    case 'jaeger':
      return traces(target, question);
    default:
      return documents(target, question);
  }
}

/** As the browser and the back end do it before a query leaves. */
function filledIn(text: string, { variables, fromMs, toMs }: Question): string {
  const intervalMs = stepMs(fromMs, toMs);
  const builtIn = {
    __rate_interval: `${Math.max(intervalMs + SCRAPE_MS, 4 * SCRAPE_MS) / 1000}s`,
    __range: `${Math.round((toMs - fromMs) / 1000)}s`,
    __interval: `${intervalMs / 1000}s`,
  };
  return Object.entries({ ...variables, ...builtIn }).reduce(
    (filled, [name, value]) => filled.replaceAll(`$${name}`, value).replaceAll(`\${${name}}`, value),
    text,
  );
}

function stepMs(fromMs: number, toMs: number): number {
  return Math.max(SCRAPE_MS, Math.ceil((toMs - fromMs) / POINTS_MAX / 1000) * 1000);
}

// -- Prometheus ---------------------------------------------------------------

interface PrometheusResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

async function range(expr: string, question: Question): Promise<number> {
  const step = stepMs(question.fromMs, question.toMs) / 1000;
  const align = (ms: number): number => Math.floor(ms / 1000 / step) * step;
  const result = await prometheus('query_range', question, {
    query: filledIn(expr, question),
    start: String(align(question.fromMs)),
    end: String(align(question.toMs)),
    step: String(step),
  });
  return numbers((result as { result: readonly PrometheusResult[] }).result);
}

async function instant(expr: string, question: Question): Promise<number> {
  const time = (question.toMs / 1000).toFixed(3);
  const result = await prometheus('query', question, { query: filledIn(expr, question), time });
  return numbers((result as { result: readonly PrometheusResult[] }).result);
}

async function exemplars(expr: string, question: Question): Promise<number> {
  const found = await prometheus('query_exemplars', question, {
    query: filledIn(expr, question),
    start: (question.fromMs / 1000).toFixed(3),
    end: (question.toMs / 1000).toFixed(3),
  });
  const series = found as readonly { readonly exemplars: readonly unknown[] }[];
  return series.reduce((sum, one) => sum + one.exemplars.length, 0);
}

async function labelValues(query: string, question: Question): Promise<number> {
  const { series = '', label = '' } =
    /^label_values\((?<series>.+), (?<label>\w+)\)$/.exec(query)?.groups ?? {};
  const parameters = new URLSearchParams({
    'match[]': filledIn(series, question),
    start: String(Math.floor(question.fromMs / 1000)),
    end: String(Math.ceil(question.toMs / 1000)),
    limit: '40000',
  });
  const response = await fetch(
    `${question.bases.prometheus ?? ''}/api/v1/label/${label}/values?${parameters.toString()}`,
  );
  const { data } = (await bodyOf(response)) as { readonly data: readonly string[] };
  return data.length;
}

/** A form by POST, as the data source is provisioned. */
async function prometheus(
  path: string,
  { bases }: Question,
  form: Readonly<Record<string, string>>,
): Promise<unknown> {
  const response = await fetch(`${bases.prometheus ?? ''}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Grafana/13.0.0' },
    body: new URLSearchParams(form).toString(),
  });
  return ((await bodyOf(response)) as { readonly data: unknown }).data;
}

function numbers(results: readonly PrometheusResult[]): number {
  const texts = results.flatMap(({ value, values }) => [
    ...(values ?? []),
    ...(value === undefined ? [] : [value]),
  ]);
  return texts.filter(([, text]) => text !== 'NaN').length;
}

// -- Jaeger and Alertmanager --------------------------------------------------

async function traces(target: TargetView, question: Question): Promise<number> {
  const pairs = (target.tags ?? '').split(' ').filter((pair) => pair !== '');
  const tags = JSON.stringify(Object.fromEntries(pairs.map((pair) => pair.split('='))));
  const parameters = new URLSearchParams({
    service: filledIn(target.service ?? '', question),
    limit: String(target.limit ?? 20),
    start: String(question.fromMs * 1000),
    end: String(question.toMs * 1000),
    ...(pairs.length === 0 ? {} : { tags }),
    ...(target.minDuration === undefined ? {} : { minDuration: target.minDuration }),
  });
  const response = await fetch(`${question.bases.jaeger ?? ''}/api/traces?${parameters.toString()}`);
  return ((await bodyOf(response)) as { readonly data: readonly unknown[] }).data.length;
}

async function alertGroups({ bases }: Question): Promise<number> {
  const response = await fetch(`${bases.alertmanager ?? ''}/api/v2/alerts/groups`);
  const groups = (await bodyOf(response)) as readonly { readonly alerts: readonly unknown[] }[];
  return groups.reduce((sum, { alerts }) => sum + alerts.length, 0);
}

// -- Elasticsearch ------------------------------------------------------------

async function documents(target: TargetView, question: Question): Promise<number> {
  const search = documentSearch(
    { ...target, query: filledIn(target.query ?? '', question) },
    { fromMs: question.fromMs, toMs: question.toMs, intervalMs: stepMs(question.fromMs, question.toMs) },
  );
  const response = await fetch(
    `${question.bases.elasticsearch ?? ''}/_msearch?max_concurrent_shard_requests=5`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'user-agent': 'Grafana/13.0.0' },
      body: search,
    },
  );
  return documentAnswers(await bodyOf(response));
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as unknown;
}
