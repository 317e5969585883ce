/** Puts our templates into a server that has none, or older ones. */
import { AccessError } from '#base/access.ts';
import type { EsAnswer, EsClient } from '#storage/elasticsearch/client.ts';
import { refusal } from '#storage/elasticsearch/core/answers.ts';
import {
  longestRetentionMs,
  OPTIONAL_FEATURES,
  TEMPLATE_NAMES,
  TEMPLATE_VERSION,
  templatesFor,
  type Feature,
  type Wanted,
} from '#storage/elasticsearch/core/templates.ts';

/** The server did not take a template. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

export interface Installed {
  /** False when what was there was new enough. */
  readonly put: boolean;
  /** What the server does not have. */
  readonly lacks: readonly Feature[];
  /** What the templates say now; longer than wanted where somebody else wants it longer. */
  readonly retentionMs: number;
}

/**
 * Streams that are there already are rolled over, so that what comes next finds
 * the fields our reader asks by. How long they keep documents is set when a stream
 * is made. Templates serve all who write to a server: the longest retention counts,
 * so that nobody's documents go too early.
 *
 * @throws TemplateError or NoAnswerError, AccessError, or the reason of `signal`
 */
export async function installTemplates(
  client: EsClient,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Installed> {
  const [logs, traces] = [
    await present(client, TEMPLATE_NAMES.logs, signal),
    await present(client, TEMPLATE_NAMES.traces, signal),
  ];
  const patterns = {
    logs: union(logs?.patterns, wanted.patterns.logs),
    traces: union(traces?.patterns, wanted.patterns.traces),
  };
  const found = [logs?.retentionMs, traces?.retentionMs].filter((ms) => ms !== undefined);
  const retentionMs = longestRetentionMs([...found, wanted.retentionMs]);
  if (!isCurrent(logs, patterns.logs) || !isCurrent(traces, patterns.traces)) {
    const lacks = await putAll(client, { patterns, retentionMs }, signal);
    await rollOver(client, [...patterns.logs, ...patterns.traces], signal);
    return { put: true, lacks, retentionMs };
  }
  const asFound = { put: false, lacks: [], retentionMs: longestRetentionMs(found) };
  const isNewer = [logs, traces].some((one) => (one?.version ?? 0) > TEMPLATE_VERSION);
  if (isNewer || found.every((ms) => ms === retentionMs)) return asFound;
  return putAll(client, { patterns, retentionMs }, signal).then(
    (lacks) => ({ put: true, lacks, retentionMs }),
    (error: unknown) => {
      // Whoever may only write goes on writing.
      if (error instanceof AccessError) return asFound;
      throw error;
    },
  );
}

interface Present {
  readonly version: number;
  readonly patterns: readonly string[];
  /** Undefined in templates from before there was one. */
  readonly retentionMs: number | undefined;
}

interface FoundTemplate {
  readonly version?: number;
  readonly index_patterns: readonly string[];
  readonly _meta?: { readonly retention_ms?: number };
}

async function present(
  client: EsClient,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Present | undefined> {
  const answer = await client.request({ method: 'GET', path: `/_index_template/${name}`, signal });
  if (answer.status === 404) return undefined;
  const { index_templates: found } = expectOk(answer) as {
    index_templates?: { index_template: FoundTemplate }[];
  };
  const template = found?.[0]?.index_template;
  if (template === undefined) return undefined;
  const { version = 0, index_patterns: patterns, _meta: meta } = template;
  return { version, patterns, retentionMs: meta?.retention_ms };
}

function union(present: readonly string[] = [], wanted: readonly string[]): readonly string[] {
  return [...new Set([...present, ...wanted])];
}

function isCurrent(found: Present | undefined, patterns: readonly string[]): boolean {
  return (
    found !== undefined && found.version >= TEMPLATE_VERSION && found.patterns.length === patterns.length
  );
}

/** Puts all, with one feature less each time the server says it has not got it. */
async function putAll(
  client: EsClient,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): Promise<readonly Feature[]> {
  const features = new Set<Feature>(OPTIONAL_FEATURES);
  // There it is a constant of the mapping; here the first document of a stream says which.
  if (client.server.product === 'opensearch') features.delete('constant_keyword');
  // Retention is a matter of its own policies there.
  if (client.server.product === 'opensearch') features.delete('lifecycle');
  for (;;) {
    const refused = await putOnce(client, features, wanted, signal);
    if (refused === undefined) return OPTIONAL_FEATURES.filter((feature) => !features.has(feature));
    const missing = OPTIONAL_FEATURES.find((feature) => features.has(feature) && isMissing(refused, feature));
    if (missing === undefined) throw new TemplateError(`a template was refused: ${refusal(refused)}`);
    features.delete(missing);
  }
}

async function putOnce(
  client: EsClient,
  features: ReadonlySet<Feature>,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): Promise<EsAnswer | undefined> {
  for (const { path, body } of templatesFor(features, wanted)) {
    const answer = await client.request({ method: 'PUT', path, body: JSON.stringify(body), signal });
    if (answer.status === 400) return answer;
    expectOk(answer);
  }
  return undefined;
}

/**
 * `The mapper type [X] … does not exist`, `No handler for type [X]`, `unknown setting [index.….X]`,
 * `unknown field [X]`.
 */
function isMissing({ body }: EsAnswer, feature: Feature): boolean {
  const said = JSON.stringify(body);
  return (
    said.includes(`type [${feature}]`) ||
    said.includes(`unknown field [${feature}]`) ||
    new RegExp(`unknown setting \\[[\\w.]*\\.${feature}\\]`).test(said)
  );
}

async function rollOver(
  client: EsClient,
  patterns: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const found = expectOk(
    await client.request({ method: 'GET', path: `/_resolve/index/${patterns.join(',')}`, signal }),
  ) as { data_streams?: { name: string }[] };
  for (const { name } of found.data_streams ?? []) {
    expectOk(
      await client.request({ method: 'POST', path: `/${encodeURIComponent(name)}/_rollover`, signal }),
    );
  }
}

function expectOk(answer: EsAnswer): unknown {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw new TemplateError(`the server refused: ${refusal(answer)}`);
}
