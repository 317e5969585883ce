/** A Prometheus that is killed, stopped and started again while our exporter sends to it. */
import assert from 'node:assert/strict';
import { sleep } from '#base/clock.ts';
import { systemClock } from '#base/real/clock.ts';
import { ExportError, type Exporter } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { Engine } from '#test/engines/engine.ts';
import { prometheusReader, remoteWriteExporter } from '#test/engines/metrics-backend.ts';
import { samplesRecord } from '#test/support/journal-records.ts';

const NAME = 'killed_samples_total';
const SERIES = 200;
/** Of one series in one batch, over two records. */
const STEPS = 10;
const START_MS = 1_700_000_000_000;
const STEP_MS = 100;
const RETRY_MS = 100;
const DOWN_MS = 200;

export interface KillHistory {
  readonly engine: Engine;
  /** How often the server goes, by turns killed and stopped. */
  readonly kills: number;
  /** False: a batch that failed is left as it is. For the negative control. */
  readonly retries: boolean;
}

export interface KillResult {
  readonly sent: number;
  readonly lost: number;
  /** Samples the server refused in the end: of series out of order, if there are any. */
  readonly refused: number;
  /** Calls that rejected. */
  readonly failures: number;
}

/** Sends until the server has come back from its last end, and some more. */
export async function killHistory({ engine, kills, retries }: KillHistory): Promise<KillResult> {
  const sender = new Sender(engine.url, retries);
  const sending = sender.run();
  try {
    await sender.sentMore(3);
    for (let kill = 0; kill < kills; kill += 1) {
      if (kill % 2 === 0) await engine.kill();
      else await engine.stop();
      await sleep(systemClock, DOWN_MS);
      await engine.start();
      await sender.sentMore(3);
    }
  } finally {
    sender.stop();
    await sending;
  }
  const sent = sender.batches * SERIES * STEPS;
  const lost = sent - (await countStored(engine.url, sender.label, sender.batches));
  return { sent, lost, refused: sender.refused, failures: sender.failures };
}

/** As the runtime of exporters drives them: one batch at a time, again after a failure. */
class Sender {
  /** Label of this history's series. */
  readonly label = crypto.randomUUID();
  batches = 0;
  failures = 0;
  refused = 0;
  readonly #url: string;
  readonly #retries: boolean;
  #stopped = false;

  constructor(url: string, retries: boolean) {
    this.#url = url;
    this.#retries = retries;
  }

  async run(): Promise<void> {
    await using exporter = remoteWriteExporter(this.#url, { requestBytesMax: 20_000 });
    while (!this.#stopped) {
      await this.#deliver(exporter, [this.#record(0, STEPS / 2), this.#record(STEPS / 2, STEPS)]);
      this.batches += 1;
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when so many further batches are done. */
  async sentMore(batches: number): Promise<void> {
    const goal = this.batches + batches;
    while (this.batches < goal) await sleep(systemClock, 20);
  }

  async #deliver(exporter: Exporter, records: readonly JournalRecord[]): Promise<void> {
    const { signal } = new AbortController();
    for (let mayRepeat = false; ; mayRepeat = true) {
      try {
        const { refused } = await exporter.export({ records, mayRepeat, signal });
        this.refused += refused.reduce((sum, { items }) => sum + items, 0);
        return;
      } catch (error) {
        if (!(error instanceof ExportError)) throw error;
        this.failures += 1;
        if (!this.#retries) return;
        await sleep(systemClock, RETRY_MS);
      }
    }
  }

  #record(from: number, to: number): JournalRecord {
    return samplesRecord(this.batches * 2 + (from === 0 ? 1 : 2), (sink) => {
      for (let series = 0; series < SERIES; series += 1) {
        const labels = { __name__: NAME, run: this.label, series: String(series) };
        for (let step = from; step < to; step += 1) {
          const at = this.batches * STEPS + step;
          sink.sample(labels, START_MS + at * STEP_MS, at, false);
        }
      }
    });
  }
}

/** Samples that are there with the value they were sent with. */
async function countStored(url: string, run: string, batches: number): Promise<number> {
  const series = await prometheusReader(url).select({
    matchers: [
      { name: '__name__', operator: '=', value: NAME },
      { name: 'run', operator: '=', value: run },
    ],
    startMs: START_MS,
    endMs: START_MS + batches * STEPS * STEP_MS,
  });
  let stored = 0;
  for (const { timesMs, values } of series) {
    for (const [index, timeMs] of timesMs.entries()) {
      assert.equal(values[index], (timeMs - START_MS) / STEP_MS, 'a sample has its value');
      stored += 1;
    }
  }
  return stored;
}
