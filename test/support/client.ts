/** What a stranger can ask of a running Plimsoll, over HTTP. */
import { Agent, request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** Sends on kept connections. */
export class OtlpSender implements Disposable {
  readonly #agent: Agent;
  readonly #base: URL;

  constructor(otlpHttp: string, connectionsMax = 8) {
    this.#base = new URL(otlpHttp);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  /** Status and headers of the answer; rejects when there was none. */
  post(
    signal: 'traces' | 'logs' | 'metrics',
    body: Uint8Array,
  ): Promise<{ readonly status: number; readonly retryAfter: string | undefined }> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          agent: this.#agent,
          host: this.#base.hostname,
          port: this.#base.port,
          method: 'POST',
          path: `/v1/${signal}`,
          headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length },
        },
        (response) => {
          response.on('error', reject);
          buffer(response).then(
            () => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] }),
            reject,
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

const ANSWER_MS_MAX = 20_000;
const UNAVAILABLE_PAUSE_MS = 250;

/**
 * JSON of a 2xx answer; undefined for 404. What is unavailable for now (503) is
 * asked again until {@link ANSWER_MS_MAX} have passed.
 *
 * @throws Error for any other status
 */
export async function getJson<T>(origin: string, path: string): Promise<T | undefined> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  for (;;) {
    const response = await fetch(`${origin}${path}`, { signal });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (response.ok) return JSON.parse(text) as T;
    if (response.status !== 503) throw new Error(`GET ${path}: ${response.status} ${text.slice(0, 300)}`);
    await sleep(UNAVAILABLE_PAUSE_MS, undefined, { signal });
  }
}

export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  }[];
}

export async function traceById(origin: string, traceId: string): Promise<JaegerTrace | undefined> {
  return (await getJson<{ data: JaegerTrace[] }>(origin, `/api/traces/${traceId}`))?.data[0];
}

export async function searchTraces(origin: string, service: string, limit = 1500): Promise<JaegerTrace[]> {
  const path = `/api/traces?service=${encodeURIComponent(service)}&limit=${limit}&lookback=1h`;
  return (await getJson<{ data: JaegerTrace[] }>(origin, path))?.data ?? [];
}

/** Value of an instant query that gives one sample; undefined when it gives none. */
export async function promValue(origin: string, query: string): Promise<number | undefined> {
  const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
  const answer = await getJson<{ data: { result: { value: [number, string] }[] } }>(origin, path);
  const value = answer?.data.result[0]?.value[1];
  return value === undefined ? undefined : Number(value);
}

export interface LedgerRowJson {
  readonly signal: string;
  readonly consumer: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly held: number;
  readonly residual: number;
}

export async function ledgerRows(origin: string): Promise<readonly LedgerRowJson[]> {
  return (await getJson<{ rows: LedgerRowJson[] }>(origin, '/api/plimsoll/v1/ledger'))?.rows ?? [];
}

/** Log records of a service, all pages. */
export async function logsOf(
  origin: string,
  service: string,
): Promise<readonly { readonly body?: unknown }[]> {
  const records: { readonly body?: unknown }[] = [];
  let after = '';
  do {
    const path = `/api/plimsoll/v1/logs?service=${encodeURIComponent(service)}&limit=5000${after}`;
    const page = await getJson<{ records: { readonly body?: unknown }[]; next: string | null }>(origin, path);
    records.push(...(page?.records ?? []));
    const next = page?.next ?? '';
    after = next === '' ? '' : `&after=${encodeURIComponent(next)}`;
  } while (after !== '');
  return records;
}
