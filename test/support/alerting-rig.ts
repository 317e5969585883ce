/** Alerting as it is started for real, over a scripted engine and journal, a simulated clock and a recorded network. */
import { ALERTING_DEFAULT, type AlertingConfig } from '#alerting/config.ts';
import { startAlerting, type Alerting, type LoadedDocuments } from '#alerting/start.ts';
import { IN_MEMORY } from '#alerting/state/database.ts';
import { silentLogger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import type { Net, NetRequest, NetResponse } from '#base/net.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { seededRandom } from '#base/sim/random.ts';
import type { Cursor, JournalReader, JournalSource } from '#journal/ports.ts';
import {
  scriptedDocument,
  ScriptedEngine,
  ScriptedJournal,
  type Switch,
} from '#test/support/scripted-engine.ts';

export const RIG_SLOS = ['orders/checkout', 'orders/quote', 'tracking/lookup'];

const ignoringMeter: Meter = {
  counter: () => ({ add() {} }),
  gauge: () => ({ set() {} }),
  histogram: () => ({ observe() {}, zero() {} }),
  onCollect() {},
};

type Answer = Pick<NetResponse, 'status' | 'headers'>;
const OK: Answer = { status: 200, headers: {} };

function bodyOf({ body }: NetRequest): unknown {
  return JSON.parse(new TextDecoder().decode(body));
}

export interface RigOptions {
  readonly config?: Partial<AlertingConfig>;
  readonly databasePath?: string;
  readonly loadDocuments?: () => Promise<LoadedDocuments>;
  readonly meter?: Meter;
}

export class AlertingRig implements AsyncDisposable {
  readonly clock = new SimulatedClock();
  readonly requests: NetRequest[] = [];
  readonly reported: Cursor[] = [];
  /** What the receiver answers next; 200 when empty. */
  readonly answers: Answer[] = [];
  /** What it answers to a body once `answers` are used up, in place of 200. */
  answer: ((body: unknown) => Answer) | undefined;
  readonly #journal = new ScriptedJournal();
  #wake: () => void = () => {};
  #alerting: Alerting | undefined;

  static async start(options: RigOptions = {}): Promise<AlertingRig> {
    const rig = new AlertingRig();
    await rig.restart(options);
    return rig;
  }

  get api(): Alerting {
    if (this.#alerting === undefined) throw new Error('the rig is not started');
    return this.#alerting;
  }

  async restart(options: RigOptions = {}): Promise<void> {
    await this.#alerting?.[Symbol.asyncDispose]();
    const documents = RIG_SLOS.map(scriptedDocument);
    this.#alerting = await startAlerting({
      source: this.#source(),
      engine: new ScriptedEngine(),
      loadDocuments: options.loadDocuments ?? (() => Promise.resolve({ documents, problems: [] })),
      config: { ...ALERTING_DEFAULT, ...options.config },
      databasePath: options.databasePath ?? IN_MEMORY,
      clock: this.clock,
      net: this.#net(),
      random: seededRandom(7),
      log: silentLogger,
      meter: options.meter ?? ignoringMeter,
      externalUrl: 'http://plimsoll.test/',
    });
    // The first read, before the first tick.
    await this.clock.advanceAsync(0);
  }

  append(change: Switch): void {
    this.#journal.append(change);
    this.#wake();
  }

  advance(byMs: number): Promise<void> {
    return this.clock.advanceAsync(byMs);
  }

  bodies(): readonly unknown[] {
    return this.requests.map(bodyOf);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#alerting?.[Symbol.asyncDispose]();
  }

  #net(): Net {
    return {
      request: (request) => {
        this.requests.push(request);
        const answer = this.answers.shift() ?? this.answer?.(bodyOf(request)) ?? OK;
        return Promise.resolve({ ...answer, body: new Uint8Array(), truncated: false });
      },
    };
  }

  #source(): JournalSource {
    return {
      capabilities: { durability: 'none', survivesDiskLoss: false, partitions: 1 },
      open: ({ cursor }) => Promise.resolve(this.#reader(cursor)),
      reportCursor: (_consumer, cursor) => {
        this.reported.push(cursor);
        return Promise.resolve();
      },
    };
  }

  #reader(from: Cursor): JournalReader {
    let cursor = from;
    return {
      next: async ({ signal }) => {
        let batch = this.#journal.read(cursor, 100);
        while (batch.records.length === 0 && signal?.aborted !== true) {
          await this.#more(signal);
          batch = this.#journal.read(cursor, 100);
        }
        cursor = batch.cursor;
        return { records: batch.records, position: cursor.position, lost: {} };
      },
      lag: () => Promise.resolve({ bytes: 0, oldestUnixNanos: undefined }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
