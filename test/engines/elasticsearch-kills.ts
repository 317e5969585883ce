/** A server that is killed, stopped and started again while our exporter sends to it. */
import assert from 'node:assert/strict';
import { sleep } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { createElasticsearchExporter } from '#collector/exporters/elasticsearch/exporter.ts';
import { ExportError, type Exporter } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { itemId } from '#signals/ids.ts';
import { logsRecord } from '#test/contract/logs.ts';
import { BASE, span, spansRecord } from '#test/contract/traces.ts';
import { exporterConfig, newStreams, RecordMaker, refresh } from '#test/engines/elasticsearch-backend.ts';
import type { Engine } from '#test/engines/engine.ts';

const ITEMS = 200;
/** Between two batches, so that a restart meets some of each state. */
const RETRY_MS = 500;
const DOCUMENTS_MAX = 10_000;

export interface KillResult {
  readonly sent: number;
  readonly lost: number;
  readonly doubled: number;
  /** Calls that rejected. */
  readonly failures: number;
}

export interface KillResults {
  readonly result: KillResult;
  /** The negative control: of a sender that leaves a batch that failed as it is. */
  readonly control: KillResult;
}

/**
 * Sends until the server has come back from its last end, and some more.
 *
 * @param kills how often the server goes, by turns killed and stopped
 */
export async function killHistory(engine: Engine, kills: number): Promise<KillResults> {
  await using history = await KillHistory.begin(engine);
  for (let kill = 0; kill < kills; kill += 1) {
    await history.end(kill % 2 === 0 ? 'kill' : 'stop');
    await history.isBack();
  }
  return history.results();
}

/** What is sent to a server meanwhile, by one that sends again and one that does not. */
export class KillHistory implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #sender: Sender;
  readonly #control: Sender;
  readonly #sending: Promise<unknown>;

  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#sender = new Sender(engine.url, true);
    this.#control = new Sender(engine.url, false);
    this.#sending = Promise.all([this.#sender.run(), this.#control.run()]);
  }

  /** Resolves when some has been sent. */
  static async begin(engine: Engine): Promise<KillHistory> {
    const history = new KillHistory(engine);
    await history.#sender.sentMore(3);
    return history;
  }

  /** Ends the server and starts it again. */
  async end(how: 'kill' | 'stop'): Promise<void> {
    await this.#engine[how]();
    await sleep(systemClock, 300);
    await this.#engine.start();
  }

  /** Resolves when more has been sent since. */
  async isBack(): Promise<void> {
    await this.#sender.sentMore(3);
    // What was written before stands in an older index from now on.
    const path = `${this.#engine.url}/${this.#sender.streams.logs}/_rollover`;
    const rolled = await fetch(path, { method: 'POST' });
    assert.equal(rolled.status, 200, await rolled.text());
  }

  /** Ends the sending. */
  async results(): Promise<KillResults> {
    await this[Symbol.asyncDispose]();
    return {
      result: await resultOf(this.#engine, this.#sender),
      control: await resultOf(this.#engine, this.#control),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sender.stop();
    this.#control.stop();
    await this.#sending;
  }
}

async function resultOf({ url }: Engine, { streams, ids, failures }: Sender): Promise<KillResult> {
  await refresh(url, streams);
  const stored = [...(await idsIn(url, streams.logs)), ...(await idsIn(url, streams.traces))];
  const found = new Set(stored);
  return {
    sent: ids.size,
    lost: [...ids].filter((id) => !found.has(id)).length,
    doubled: stored.length - found.size,
    failures,
  };
}

/** As the runtime of exporters drives them: one batch at a time, again after a failure. */
class Sender {
  readonly ids = new Set<string>();
  failures = 0;
  readonly #maker = new RecordMaker();
  readonly streams = newStreams();
  readonly #url: string;
  readonly #retries: boolean;
  #batches = 0;
  #stopped = false;

  constructor(url: string, retries: boolean) {
    this.#url = url;
    this.#retries = retries;
  }

  async run(): Promise<void> {
    await using exporter = this.#exporter();
    while (!this.#stopped) {
      const records = [this.#logs(), this.#spans()];
      for (const { id } of records)
        for (let ordinal = 0; ordinal < ITEMS; ordinal += 1) this.ids.add(itemId(id, ordinal));
      await this.#deliver(exporter, records);
      this.#batches += 1;
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when so many further batches are done. */
  async sentMore(batches: number): Promise<void> {
    const goal = this.#batches + batches;
    while (this.#batches < goal) await sleep(systemClock, 20);
  }

  async #deliver(exporter: Exporter, records: readonly JournalRecord[]): Promise<void> {
    const { signal } = new AbortController();
    for (let mayRepeat = false; ; mayRepeat = true) {
      try {
        const { refused } = await exporter.export({ records, mayRepeat, signal });
        assert.deepEqual(refused, []);
        return;
      } catch (error) {
        if (!(error instanceof ExportError)) throw error;
        this.failures += 1;
        await sleep(systemClock, RETRY_MS);
        if (!this.#retries) return;
      }
    }
  }

  #exporter(): Exporter {
    const config = exporterConfig(this.#url, this.streams, { requestBytesMax: 100_000, timeoutMs: 30_000 });
    return createElasticsearchExporter({ config, clock: systemClock, log: silentLogger });
  }

  #logs(): JournalRecord {
    const logs = Array.from({ length: ITEMS }, (_, index) => ({ nanos: BASE + BigInt(index), body: 'x' }));
    return this.#maker.make(logsRecord({ service: 'shop' }, logs));
  }

  #spans(): JournalRecord {
    const spans = Array.from({ length: ITEMS }, (_, index) => span(1, index));
    return this.#maker.make(spansRecord({ service: 'shop' }, spans));
  }
}

/** Of all documents in all indices of a stream, those that stand in several as often. */
async function idsIn(url: string, stream: string): Promise<string[]> {
  const ids: string[] = [];
  let after: readonly unknown[] | undefined;
  for (;;) {
    const answer = await fetch(`${url}/${stream}/_search?filter_path=hits.hits._id,hits.hits.sort`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        size: DOCUMENTS_MAX,
        // The index last: the same id in two of them is two documents.
        sort: ['plimsoll.sequence', 'plimsoll.ordinal', '_index'],
        _source: false,
        track_total_hits: false,
        ...(after === undefined ? {} : { search_after: after }),
      }),
    });
    const { hits } = (await answer.json()) as {
      readonly hits?: {
        readonly hits?: readonly { readonly _id: string; readonly sort: readonly unknown[] }[];
      };
    };
    const page = hits?.hits ?? [];
    ids.push(...page.map(({ _id }) => _id));
    after = page.at(-1)?.sort;
    if (page.length < DOCUMENTS_MAX) return ids;
  }
}
