/**
 * Histories of the connectors on a simulated disk: kills and power cuts at any
 * operation, a slow replay, metrics given out in the middle of it. No counter
 * ever goes back; at the end all are what one uninterrupted reading gives.
 * `PLIMSOLL_SEED=N` replays from a seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, type Clock } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { silentLogger } from '#base/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { SimulatedDisk } from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';
import { CONNECTORS_DEFAULT, type ConnectorsConfig } from '#collector/connectors/config.ts';
import { Connectors } from '#collector/connectors/core/connectors.ts';
import { CONNECTORS_CONSUMER, startConnectors, type RunningConnectors } from '#collector/connectors/start.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { DiskJournalWriter } from '#journal/disk/writer.ts';
import type { JournalSource } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import { DerivedReader } from '#test/support/derived.ts';
import { openJournalLife, type JournalLife } from '#test/support/journal-life.ts';
import { buildTraces, type TestSpan } from '#test/support/otlp.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = Math.ceil(60 * Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1));
const CONTROL_HISTORIES = 150;
/** Operations of the disk a life may last. */
const OPERATIONS_MAX = 600;
const FLUSH_MS = 1000;
/** A record is read in this time: a replay of a few takes longer than a flush. */
const READ_MS = 300;
const CONFIG: ConnectorsConfig = {
  spanmetrics: { ...CONNECTORS_DEFAULT.spanmetrics, flushIntervalMs: FLUSH_MS, bucketsMs: [2, 10] },
  servicegraph: {
    ...CONNECTORS_DEFAULT.servicegraph,
    flushIntervalMs: FLUSH_MS,
    bucketsSeconds: [0.01],
    waitingMsMax: 3_600_000,
  },
};

type Wrap = (disk: Disk) => Disk;

class CounterWentBack extends Error {
  override readonly name = 'CounterWentBack';
}

interface Life extends JournalLife {
  readonly connectors: RunningConnectors;
}

class History {
  readonly #random;
  readonly #wrap: Wrap;
  #disk: SimulatedDisk;
  #wallMs = 1_700_000_000_000;
  #sent = 0;
  /** The newest value of each series anybody was shown. */
  readonly shown = new Map<string, number>();

  constructor(seed: number, wrap: Wrap) {
    this.#random = seededRandom(seed);
    this.#wrap = wrap;
    this.#disk = new SimulatedDisk({ random: this.#random });
  }

  async run(): Promise<void> {
    const lives = 2 + this.#random.below(3);
    for (let life = 0; life < lives; life += 1) {
      await this.#troubled().catch((error: unknown) => {
        if (!this.#disk.isDown || error instanceof CounterWentBack) throw error;
      });
      const crashAt = 1 + this.#random.below(OPERATIONS_MAX);
      this.#restart({ crashAt });
    }
    this.#restart({});
    await this.#last();
  }

  #restart(options: { readonly crashAt?: number }): void {
    const how = this.#random.below(2) === 0 ? 'kill' : 'power';
    this.#disk = this.#disk.restart(how, { random: this.#random, ...options });
  }

  async #open(): Promise<Life> {
    const birth = { disk: this.#disk, wallMs: this.#wallMs, random: this.#random };
    const life = await openJournalLife(birth, CONNECTORS_CONSUMER);
    const { clock, source } = life;
    const connectors = await startConnectors({
      disk: this.#wrap(this.#disk),
      clock,
      log: silentLogger,
      meter: createMeter(),
      directory: 'data/connectors',
      source: slowly(source, clock),
      config: CONFIG,
    });
    connectors.finished.catch(() => {});
    return { ...life, connectors };
  }

  /** Ends with the disk going down: in the middle of an operation, or after all. */
  async #troubled(): Promise<void> {
    const life = await this.#open();
    const steps = 3 + this.#random.below(25);
    for (let step = 0; step < steps; step += 1) {
      await this.#append(life.writer);
      await this.#pass(life, this.#random.below(700));
    }
    this.#disk.crash();
    await this.#pass(life, 10);
  }

  async #last(): Promise<void> {
    const life = await this.#open();
    const accepted = (): number => life.writer.status().accepted['otlp-traces'];
    for (let waited = 0; life.connectors.cursor.accepted['otlp-traces'] < accepted(); waited += 1) {
      assert.ok(waited < 1000, 'the connectors catch up');
      await this.#pass(life, READ_MS);
    }
    await this.#pass(life, 2 * FLUSH_MS);
    const expected = await uninterrupted(life.source);
    assert.deepEqual(Object.fromEntries(this.shown), Object.fromEntries(expected.values));
    const calls = Object.values(expected.with('calls_total')).reduce((sum, count) => sum + count, 0);
    assert.equal(calls, accepted());
    await life.connectors[Symbol.asyncDispose]();
    await life.writer[Symbol.asyncDispose]();
  }

  async #append(writer: DiskJournalWriter): Promise<void> {
    this.#sent += 1;
    const spans = [0, 1, 2].map((index) => spanOf(this.#sent, index, this.#random.below(20)));
    const body = buildTraces({ service: this.#sent % 2 === 0 ? 'quotes' : 'gateway', spans });
    await writer.append({ kind: 'otlp-traces', tenant: DEFAULT_TENANT, items: spans.length, body });
  }

  async #pass({ clock, connectors }: Life, byMs: number): Promise<void> {
    await clock.advanceAsync(byMs);
    this.#wallMs = clock.wallMs();
    for (const { body } of connectors.takeDerived()) this.#show(body);
  }

  #show(body: Uint8Array): void {
    const reader = new DerivedReader();
    decodeWriteRequest(body, reader);
    for (const { key, value } of reader.samples) {
      const before = this.shown.get(key) ?? 0;
      if (value < before) throw new CounterWentBack(`${key} was ${before} and is ${value}`);
      this.shown.set(key, value);
    }
  }
}

/** Odd records hold callers, the even one after each holds their callees. */
function spanOf(record: number, index: number, ms: number): TestSpan {
  const isCaller = record % 2 === 1;
  const pair = (isCaller ? record : record - 1) * 10 + index;
  const hex = (number: number, width: number): string => number.toString(16).padStart(width, '0');
  const startNanos = 1_700_000_000_000_000_000n;
  return {
    traceId: hex(pair, 32),
    spanId: hex(isCaller ? pair : pair + 1_000_000, 16),
    ...(isCaller ? {} : { parentSpanId: hex(pair, 16) }),
    name: `step ${index}`,
    kind: isCaller ? 3 : 2,
    startNanos,
    endNanos: startNanos + BigInt(ms) * 1_000_000n,
  };
}

/** One record at a time, each with a delay. */
function slowly(source: JournalSource, clock: Clock): JournalSource {
  return {
    capabilities: source.capabilities,
    reportCursor: (consumer, cursor) => source.reportCursor(consumer, cursor),
    async open(options) {
      const reader = await source.open(options);
      return {
        async next(request) {
          await sleep(clock, READ_MS, request.signal).catch(() => {});
          return reader.next({ ...request, bytesMax: 1 });
        },
        lag: () => reader.lag(),
        [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
      };
    },
  };
}

/** What a reader that was never interrupted makes of the whole journal. */
async function uninterrupted(source: JournalSource): Promise<DerivedReader> {
  const connectors = new Connectors(CONFIG);
  await using reader = await source.open({ cursor: NEW_CURSOR, consumer: CONNECTORS_CONSUMER });
  for (;;) {
    const { records } = await reader.next({ bytesMax: 1 << 20, waitMs: 0 });
    if (records.length === 0) break;
    for (const record of records) connectors.consume(record);
  }
  const derived = new DerivedReader();
  connectors.spanmetrics?.emit(derived, { timeMs: 0, zeroMs: 0 });
  connectors.servicegraph?.emit(derived, { timeMs: 0, zeroMs: 0 });
  return derived;
}

/** Says a snapshot is there before it is: values are shown that a crash then forgets. */
function late(disk: Disk): Disk {
  const owed: (() => Promise<void>)[] = [];
  return new Proxy(disk, {
    get(target, name): unknown {
      if (name === 'rename') {
        return async (from: string, to: string): Promise<void> => {
          const bytes = await target.readFile(from);
          owed.push(async () => {
            const kept = await target.open(`${from}.late`, 'create');
            await kept.write([bytes ?? new Uint8Array()], 0);
            await kept.dataSync();
            await kept.close();
            await target.rename(`${from}.late`, to);
          });
          if (owed.length > 3) await owed.shift()?.();
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

test(`no crash makes a counter go back or count twice (seed ${SEED})`, async () => {
  for (let seed = SEED; seed < SEED + HISTORIES; seed += 1) {
    await new History(seed, (disk) => disk).run().catch((error: unknown) => {
      throw new Error(`replay with PLIMSOLL_SEED=${seed}`, { cause: error });
    });
  }
});

test(`control: values shown before their snapshot is durable go back (seed ${SEED})`, async () => {
  for (let seed = SEED; seed < SEED + CONTROL_HISTORIES; seed += 1) {
    const broken = await new History(seed, late).run().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (broken instanceof CounterWentBack) return;
    assert.equal(broken, undefined, `PLIMSOLL_SEED=${seed}: it fails as expected or not at all`);
  }
  assert.fail(`no counter went back in ${CONTROL_HISTORIES} histories from PLIMSOLL_SEED=${SEED}`);
});
