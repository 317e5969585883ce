/**
 * Spans and log records into Elasticsearch or OpenSearch. Every item has its own
 * id, so writing it twice stores it once, and an answer is read item by item: a
 * bulk request as a whole succeeds though its items fail.
 *
 *   records → documents → requests by bytes → lookup, after a repeat → bulk
 *                                 ▲                                     │ later
 *                                 └───────────── wait ◀─────────────────┘
 */
import { AccessError } from '#base/access.ts';
import { sleep, type Clock } from '#base/clock.ts';
import { errorText } from '#base/errors.ts';
import { retryAfterMs } from '#base/http-retry.ts';
import { readTls } from '#base/real/tls-files.ts';
import type { Logger } from '#base/log.ts';
import { RequestSize } from '#collector/exporters/core/request-size.ts';
import { bulkVerdicts, type ItemVerdict } from '#collector/exporters/elasticsearch/core/bulk.ts';
import { isTooSlow } from '#collector/exporters/http/destination.ts';
import type { ElasticsearchExporterConfig } from '#collector/exporters/elasticsearch/config.ts';
import { bytesOf, reduced, RequestBook, type Item } from '#collector/exporters/elasticsearch/request-book.ts';
import {
  ExportError,
  type ExportBatch,
  type Exporter,
  type ExportOutcome,
  type RefusedItem,
} from '#collector/exporters/ports.ts';
import type { RecordKind } from '#signals/records.ts';
import { EsClient, NoAnswerError, type EsAnswer, type EsRequest } from '#storage/elasticsearch/client.ts';
import { isSecurityText, refusal } from '#storage/elasticsearch/core/answers.ts';
import { STREAM_PATTERNS } from '#storage/elasticsearch/core/templates.ts';
import { storedIds } from '#storage/elasticsearch/stored-ids.ts';
import { installTemplates } from '#storage/elasticsearch/templates.ts';

/** Documents are several times as long as records; all of a batch are never in memory at once. */
const BATCH_BYTES_MAX = 4 * 2 ** 20;
const KINDS: ReadonlySet<RecordKind> = new Set(['otlp-traces', 'otlp-logs']);

export interface ElasticsearchExporterOptions {
  readonly config: ElasticsearchExporterConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** In place of the usual one. For the negative control of a test alone. */
  readonly size?: RequestSize;
}

/** @throws CodedError `PLIM_CONFIG_INVALID` when a file of `tls` cannot be read */
export function createElasticsearchExporter(options: ElasticsearchExporterOptions): Exporter {
  // Found out here, not at the first batch.
  readTls(options.config.tls);
  return new ElasticsearchExporter(options);
}

class ElasticsearchExporter implements Exporter {
  readonly kinds = KINDS;
  readonly batchBytesMax = BATCH_BYTES_MAX;
  readonly #options: ElasticsearchExporterOptions;
  readonly #size: RequestSize;
  #client: EsClient | undefined;
  #hasReduced = false;
  #hasKeptLonger = false;

  constructor(options: ElasticsearchExporterOptions) {
    this.#options = options;
    this.#size = options.size ?? new RequestSize(options.config.requestBytesMax);
  }

  async export(batch: ExportBatch): Promise<ExportOutcome> {
    try {
      return await this.#send(batch);
    } catch (error) {
      // Whoever answers next may be another server, without our templates.
      await this.#disconnect();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disconnect();
  }

  async #send({ records, mayRepeat, signal }: ExportBatch): Promise<ExportOutcome> {
    const { config } = this.#options;
    const client = await this.#connected(signal);
    const book = new RequestBook(records, config.routing, this.#size);
    const requests = book.requests();
    const refused: RefusedItem[] = [];
    // All take from one generator; when one fails it ends, and the others with what they have in hand.
    const senders = Array.from({ length: config.requestsMax }, async () => {
      for (const items of requests) {
        const call = new Call({ ...this.#options, client, size: this.#size, signal }, (said) =>
          this.#reduced(said),
        );
        refused.push(...(await call.deliver(items, mayRepeat)));
      }
    });
    const failed = (await Promise.allSettled(senders)).find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return { refused: [...book.unfit, ...refused] };
  }

  async #connected(signal: AbortSignal): Promise<EsClient> {
    if (this.#client !== undefined) return this.#client;
    const { config, log } = this.#options;
    try {
      const client = await EsClient.connect(config, signal);
      this.#client = client;
      const { put, lacks, retentionMs } = await installTemplates(
        client,
        { patterns: patternsOf(config), retentionMs: config.retentionMs },
        signal,
      );
      const { product, version } = client.server;
      if (put) log.info({ product, version, lacks }, 'index templates were put into the server');
      if (retentionMs !== config.retentionMs) this.#keptLonger(retentionMs);
      return client;
    } catch (error) {
      signal.throwIfAborted();
      throw new ExportError(error instanceof AccessError ? error.line : errorText(error), { cause: error });
    }
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.[Symbol.asyncDispose]();
  }

  #keptLonger(retentionMs: number): void {
    if (this.#hasKeptLonger) return;
    this.#hasKeptLonger = true;
    const { config, log } = this.#options;
    log.warn(
      { wantedMs: config.retentionMs, retentionMs },
      'index templates of the server keep documents for another time than `retention`; the longest that anybody wanted counts, and 0 is for ever',
    );
  }

  #reduced(said: string): void {
    if (this.#hasReduced) return;
    this.#hasReduced = true;
    // Said once: a service that sends such items sends many.
    this.#options.log.warn(
      { said },
      'the server refused a document; it and others like it are stored without fields for their attributes',
    );
  }
}

function patternsOf({ routing }: ElasticsearchExporterConfig) {
  const of = (fixed: string | undefined, patterns: readonly string[]): readonly string[] =>
    fixed === undefined || patterns.some((pattern) => matches(pattern, fixed))
      ? patterns
      : [...patterns, fixed];
  return {
    logs: of(routing.logsIndex, STREAM_PATTERNS.logs),
    traces: of(routing.tracesIndex, STREAM_PATTERNS.traces),
  };
}

/** `*` stands for anything. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.]/g, String.raw`\.`));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

interface CallOptions extends ElasticsearchExporterOptions {
  readonly client: EsClient;
  readonly size: RequestSize;
  readonly signal: AbortSignal;
}

/** What one request asks for, until every item of it is stored or refused for good. */
class Call {
  readonly #options: CallOptions;
  readonly #signal: AbortSignal;
  readonly #onReduced: (said: string) => void;

  constructor(options: CallOptions, onReduced: (said: string) => void) {
    this.#options = options;
    this.#signal = options.signal;
    this.#onReduced = onReduced;
  }

  /** @throws ExportError, or the reason of the signal */
  async deliver(items: readonly Item[], mayRepeat: boolean): Promise<readonly RefusedItem[]> {
    const { clock, config } = this.#options;
    const { retriesMax, initialMs, maxMs } = config.itemRetry;
    const refused: RefusedItem[] = [];
    let waiting = items;
    let repeats = mayRepeat;
    for (let retries = 0; ;) {
      const unstored = repeats ? await this.#unstored(waiting) : waiting;
      if (unstored.length === 0) return refused;
      const outcome = await this.#bulk(unstored);
      refused.push(...outcome.refused);
      if (outcome.later.length === 0 && outcome.stumbled.length === 0) return refused;
      waiting = [...outcome.later, ...reduced(outcome.stumbled, config.routing)];
      repeats = !outcome.surely;
      if (outcome.later.length === 0) continue;
      if (retries >= retriesMax) throw waitingError(outcome);
      await sleep(clock, Math.min(maxMs, initialMs * 2 ** retries), this.#signal);
      retries += 1;
    }
  }

  /** Without those that are in the stream, whichever of its indices holds them. */
  async #unstored(items: readonly Item[]): Promise<readonly Item[]> {
    const stored = new Set<string>();
    for (const [target, group] of Map.groupBy(items, (item) => item.target)) {
      const ids = group.map(({ id }) => id);
      const answer = await this.#asked(group, () =>
        storedIds((request) => this.#request(request), target, ids),
      );
      for (const id of answer) stored.add(id);
    }
    return items.filter(({ id }) => !stored.has(id));
  }

  async #bulk(items: readonly Item[]): Promise<Sorted> {
    const { clock, config, size } = this.#options;
    const { pipeline, timeoutMs } = config;
    const beginMs = clock.monotonicMs();
    const answer = await this.#asked(items, () =>
      this.#request({
        method: 'POST',
        path: '/_bulk',
        body: Buffer.concat(items.map(({ lines }) => lines)),
        ndjson: true,
        query: {
          filter_path: 'items.*.status,items.*.error',
          ...(pipeline === undefined ? {} : { pipeline }),
        },
      }),
    );
    if (answer.status === 413) return this.#inHalves(items, answer);
    if (isTooSlow(answer)) size.tooSlow(bytesOf(items));
    if (answer.status !== 200) throw refusedError(answer, this.#options.clock);
    const verdicts = bulkVerdicts(answer.body, items.length);
    if (verdicts === undefined) throw new ExportError('the answer to a bulk request does not name its items');
    size.taken(bytesOf(items), (clock.monotonicMs() - beginMs) / timeoutMs);
    return this.#sort(items, verdicts);
  }

  async #inHalves(items: readonly Item[], answer: EsAnswer): Promise<Sorted> {
    const [only] = items;
    if (items.length === 1 && only !== undefined)
      return { ...NONE, refused: [refusedItem(only, 'too_large', refusal(answer))] };
    this.#options.size.tooLarge(bytesOf(items));
    const middle = Math.ceil(items.length / 2);
    const [first, second] = [await this.#bulk(items.slice(0, middle)), await this.#bulk(items.slice(middle))];
    return {
      later: [...first.later, ...second.later],
      stumbled: [...first.stumbled, ...second.stumbled],
      refused: [...first.refused, ...second.refused],
      surely: first.surely && second.surely,
      said: first.said === '' ? second.said : first.said,
    };
  }

  #sort(items: readonly Item[], verdicts: readonly ItemVerdict[]): Sorted {
    const sorted = {
      later: [] as Item[],
      stumbled: [] as Item[],
      refused: [] as RefusedItem[],
      surely: true,
      said: '',
    };
    for (const [index, item] of items.entries()) {
      const verdict = verdicts[index];
      if (verdict === undefined || verdict.kind === 'stored') continue;
      if (verdict.kind === 'later') {
        sorted.later.push(item);
        sorted.surely &&= verdict.surely;
        if (sorted.said === '') sorted.said = verdict.said;
      } else if (item.form === 'reduced') {
        sorted.refused.push(refusedItem(item, 'rejected', verdict.said));
      } else {
        this.#onReduced(verdict.said);
        sorted.stumbled.push(item);
      }
    }
    return sorted;
  }

  #request(request: EsRequest): Promise<EsAnswer> {
    const { timeoutMs } = this.#options.config;
    return this.#options.client.request({ ...request, timeoutMs, signal: this.#signal });
  }

  async #asked<T>(items: readonly Item[], ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof NoAnswerError && error.reason === 'timeout')
        this.#options.size.tooSlow(bytesOf(items));
      if (error instanceof NoAnswerError) throw new ExportError(error.message, { cause: error });
      if (error instanceof AccessError) throw new ExportError(error.line, { cause: error });
      throw error;
    }
  }
}

interface Sorted {
  readonly later: readonly Item[];
  /** To be sent again without what the server may have stumbled over. */
  readonly stumbled: readonly Item[];
  readonly refused: readonly RefusedItem[];
  /** Whether it is certain that those that wait are not stored. */
  readonly surely: boolean;
  readonly said: string;
}

const NONE: Sorted = { later: [], stumbled: [], refused: [], surely: true, said: '' };

function refusedItem(item: Item, reason: string, detail: string): RefusedItem {
  return { record: item.record.id, ordinal: item.ordinal, items: 1, reason, detail };
}

function waitingError({ later, said }: Sorted): ExportError {
  const message = `${later.length} items wait: ${said}`;
  if (!isSecurityText(said)) return new ExportError(message);
  const remedy = 'give our user the rights listed in docs/how-to/run-at-scale.md';
  const refused = new AccessError('PLIM_CREDENTIALS_REFUSED', `${message}; ${remedy}`);
  return new ExportError(refused.line, { cause: refused });
}

function refusedError(answer: EsAnswer, clock: Clock): ExportError {
  const waitMs = retryAfterMs(answer.headers, clock.wallMs());
  return new ExportError(refusal(answer), waitMs === undefined ? {} : { retryAfterMs: waitMs });
}
