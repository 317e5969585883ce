/**
 * Histories of an exporter on a simulated disk: kills and power cuts at any
 * operation, a destination that refuses, that takes half, or that takes all and
 * does not say so. At the end the destination has every acknowledged record, and
 * none came twice without the warning that it might.
 * `PLIMSOLL_SEED=N` replays from a seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk } from '#base/disk.ts';
import type { Random } from '#base/random.ts';
import { SimulatedDisk } from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';
import {
  ExportError,
  type ExportBatch,
  type Exporter,
  type ExportOutcome,
} from '#collector/exporters/ports.ts';
import type { DiskJournalWriter } from '#journal/disk/writer.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import {
  assertBalanced,
  closeExporterLife,
  openExporterLife,
  type ExporterLife,
} from '#test/support/exporter-life.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = Math.ceil(60 * Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1));
const CONTROL_HISTORIES = 80;
const OPERATIONS_MAX = 400;

class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Every tenth item is one the destination will never take. */
function isPoison(tag: number): boolean {
  return tag % 10 === 0;
}

function tagOf(record: JournalRecord): number {
  return Number(new TextDecoder().decode(record.body));
}

/** Outlives every crash of ours. */
class Destination {
  readonly taken = new Set<number>();
  readonly #random: Random;
  readonly #looksUp: boolean;
  isWell = false;

  constructor(random: Random, looksUp: boolean) {
    this.#random = random;
    this.#looksUp = looksUp;
  }

  exporter(): Exporter {
    return {
      kinds: new Set(['otlp-logs']),
      batchBytesMax: 20,
      export: async (batch) => this.#export(batch),
      async [Symbol.asyncDispose]() {},
    };
  }

  #export({ records, mayRepeat }: ExportBatch): ExportOutcome {
    const luck = this.isWell ? 3 : this.#random.below(6);
    if (luck === 0) throw new ExportError('away');
    const half = luck === 1 ? records.slice(0, Math.floor(records.length / 2)) : records;
    for (const record of half) this.#take(record, mayRepeat && this.#looksUp);
    // It has them all, and the answer is lost.
    if (luck <= 2) throw new ExportError('no answer');
    return {
      refused: records
        .filter((record) => isPoison(tagOf(record)))
        .map((record) => ({
          record: record.id,
          ordinal: 0,
          items: 1,
          reason: 'rejected',
          detail: 'poison',
        })),
    };
  }

  #take(record: JournalRecord, looksUp: boolean): void {
    const tag = tagOf(record);
    if (isPoison(tag)) return;
    if (this.taken.has(tag) && !looksUp)
      throw new BrokenPromise(`record ${tag} came twice, and nobody said so`);
    this.taken.add(tag);
  }
}

class History {
  readonly #random;
  readonly #wrap: (disk: Disk) => Disk;
  readonly destination: Destination;
  readonly #acknowledged = new Set<number>();
  #disk: SimulatedDisk;
  #wallMs = 1_700_000_000_000;
  #tag = 0;

  constructor(
    seed: number,
    options: { readonly wrap?: (disk: Disk) => Disk; readonly looksUp?: boolean } = {},
  ) {
    this.#random = seededRandom(seed);
    this.#wrap = options.wrap ?? ((disk) => disk);
    this.destination = new Destination(this.#random, options.looksUp ?? true);
    this.#disk = new SimulatedDisk({ random: this.#random });
  }

  async run(): Promise<void> {
    const lives = 2 + this.#random.below(4);
    for (let life = 0; life < lives; life += 1) {
      await this.#troubled().catch((error: unknown) => {
        if (!this.#disk.isDown || error instanceof BrokenPromise) throw error;
      });
      this.#restart({ crashAt: 1 + this.#random.below(OPERATIONS_MAX) });
    }
    this.#restart({});
    await this.#last();
  }

  #restart(options: { readonly crashAt?: number }): void {
    const how = this.#random.below(2) === 0 ? 'kill' : 'power';
    this.#disk = this.#disk.restart(how, { random: this.#random, ...options });
  }

  #open(): Promise<ExporterLife> {
    const birth = { disk: this.#disk, wallMs: this.#wallMs, random: this.#random };
    return openExporterLife(birth, () => this.destination.exporter(), this.#wrap);
  }

  /** Ends with the disk going down: in the middle of an operation, or after all. */
  async #troubled(): Promise<void> {
    const life = await this.#open();
    for (let steps = 3 + this.#random.below(20); steps > 0 && !this.#disk.isDown; steps -= 1) {
      await this.#append(life.writer);
      await this.#pass(life, this.#random.below(1500));
    }
    this.#disk.crash();
    await this.#pass(life, 10);
  }

  async #last(): Promise<void> {
    this.destination.isWell = true;
    const life = await this.#open();
    await this.#append(life.writer);
    const accepted = (): number => life.writer.status().accepted['otlp-logs'];
    for (let waited = 0; life.exporter.status().cursor.accepted['otlp-logs'] < accepted(); waited += 1) {
      if (waited > 200) throw new BrokenPromise('the exporter does not catch up');
      await this.#pass(life, 5000);
    }
    for (const tag of this.#acknowledged)
      if (!isPoison(tag) && !this.destination.taken.has(tag))
        throw new BrokenPromise(`record ${tag} is lost`);
    assertBalanced(life);
    await closeExporterLife(life);
  }

  async #append(writer: DiskJournalWriter): Promise<void> {
    this.#tag += 1;
    const tag = this.#tag;
    const kind = this.#random.below(4) === 0 ? 'otlp-traces' : 'otlp-logs';
    const body = new TextEncoder().encode(String(tag));
    await writer.append({ kind, tenant: DEFAULT_TENANT, items: 1, body });
    if (kind === 'otlp-logs') this.#acknowledged.add(tag);
  }

  /** A promise broken inside the exporter ends it; here it is heard of. */
  async #pass({ clock, exporter }: ExporterLife, byMs: number): Promise<void> {
    let broken: unknown;
    exporter.finished.catch((error: unknown) => {
      if (error instanceof BrokenPromise) broken = error;
    });
    await clock.advanceAsync(byMs);
    this.#wallMs = clock.wallMs();
    if (broken instanceof BrokenPromise) throw broken;
  }
}

/** The state file is renamed without ever having been synced: what was sent is forgotten. */
function unsynced(disk: Disk): Disk {
  return new Proxy(disk, {
    get(target, name): unknown {
      if (name !== 'syncDir') {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return async (): Promise<void> => {};
    },
  });
}

async function seedsThatBreak(make: (seed: number) => History): Promise<number> {
  let broken = 0;
  for (let seed = 0; seed < CONTROL_HISTORIES; seed += 1) {
    await make(seed)
      .run()
      .catch((error: unknown) => {
        if (!(error instanceof BrokenPromise)) throw error;
        broken += 1;
      });
  }
  return broken;
}

test(`${HISTORIES} histories: nothing is lost, nothing comes twice unannounced (seed ${SEED})`, async () => {
  for (let index = 0; index < HISTORIES; index += 1) {
    await new History(SEED + index).run().catch((error: unknown) => {
      throw new Error(`history with PLIMSOLL_SEED=${SEED + index}`, { cause: error });
    });
  }
});

test('negative control: a destination that never looks up has doubles', async () => {
  assert.ok((await seedsThatBreak((seed) => new History(seed, { looksUp: false }))) > 10);
});

test('negative control: a state that is not made durable forgets what was sent', async () => {
  assert.ok((await seedsThatBreak((seed) => new History(seed, { wrap: unsynced }))) > 0);
});
