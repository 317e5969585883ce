/**
 * Histories of an OTLP exporter before a destination that needs the longer the more
 * it is sent, refuses what is over its limit, and takes some of what it does not
 * answer in time; with kills and power cuts of ours in between. At the end it has
 * every acknowledged span but the one that is too large by itself, which is a dead
 * letter. `PLIMSOLL_SEED=N` replays from a seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import type { NetRequest } from '#base/net.ts';
import { SimulatedDisk } from '#base/sim/disk.ts';
import { SimulatedNet, type Outcome } from '#base/sim/net.ts';
import { seededRandom } from '#base/sim/random.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { RequestSize } from '#collector/exporters/core/request-size.ts';
import { createOtlpHttpExporter } from '#collector/exporters/otlphttp/exporter.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import {
  assertBalanced,
  closeExporterLife,
  EXPORTER_DIRECTORY,
  openExporterLife,
  type ExporterLife,
} from '#test/support/exporter-life.ts';
import { buildTraces } from '#test/support/otlp.ts';
import { TracesRequest } from '#test/support/otlp-proto.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = Math.ceil(12 * Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1));
const REQUEST_BYTES_MAX = 2 ** 20;
const NAME_CHARS = 900;
/** Records of 50 spans; one of them has all its spans in one resource entry and is over every limit. */
const RECORDS = 20;
const LARGE_RECORD_SPANS = 600;
const HOUR_MS = 3_600_000;
const STEP_MS = 10_000;

class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

class Stubborn extends RequestSize {
  override tooSlow(): void {}
}

/** Outlives every crash of ours. */
class SlowDestination {
  readonly taken = new Set<string>();
  readonly sizes: number[] = [];
  bytesPerSecond = 20_000;
  bytesMax = 150_000;
  readonly #random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  answer(request: NetRequest): Outcome {
    const body = request.body ?? new Uint8Array();
    const delayMs = 10 + (body.length / this.bytesPerSecond) * 1000;
    const isInTime = delayMs <= request.timeoutMs;
    if (isInTime && body.length > this.bytesMax) return { kind: 'response', status: 413, delayMs: 10 };
    // What nobody waits for any more may be taken all the same.
    if (isInTime || this.#random.below(4) === 0) this.#take(body);
    if (isInTime) this.sizes.push(body.length);
    return { kind: 'response', status: 200, delayMs };
  }

  #take(body: Uint8Array): void {
    const request = TracesRequest.toObject(TracesRequest.decode(body)) as {
      readonly resourceSpans: readonly {
        readonly scopeSpans: readonly { readonly spans: readonly { readonly spanId: Uint8Array }[] }[];
      }[];
    };
    for (const { scopeSpans } of request.resourceSpans)
      for (const { spans } of scopeSpans)
        for (const { spanId } of spans) this.taken.add(Buffer.from(spanId).toString('hex'));
  }
}

class History {
  readonly destination: SlowDestination;
  readonly #random;
  readonly #size: () => RequestSize;
  readonly #acknowledged = new Set<string>();
  #disk: SimulatedDisk;
  #wallMs = 1_700_000_000_000;
  #spans = 0;

  constructor(seed: number, size = (): RequestSize => new RequestSize(REQUEST_BYTES_MAX)) {
    this.#random = seededRandom(seed);
    this.destination = new SlowDestination(seed);
    this.#disk = new SimulatedDisk({ random: this.#random });
    this.#size = size;
  }

  async run(crashes: number): Promise<void> {
    let life = await this.open();
    for (let record = 0; record < RECORDS; record += 1) await this.append(life, 50);
    await this.append(life, LARGE_RECORD_SPANS);
    await this.append(life, 1, 'x'.repeat(160_000));
    for (let crash = 0; crash < crashes; crash += 1) {
      await this.pass(life, this.#random.below(120_000));
      this.#disk.crash();
      await this.pass(life, 10);
      this.#disk = this.#disk.restart(this.#random.below(2) === 0 ? 'kill' : 'power', {
        random: this.#random,
      });
      life = await this.open();
    }
    await this.catchUp(life);
    await this.#judge(life);
  }

  /** @throws BrokenPromise after an hour of it */
  async catchUp(life: ExporterLife): Promise<void> {
    const accepted = life.writer.status().accepted['otlp-traces'];
    for (
      let waitedMs = 0;
      life.exporter.status().cursor.accepted['otlp-traces'] < accepted;
      waitedMs += STEP_MS
    ) {
      if (waitedMs > HOUR_MS) throw new BrokenPromise('the exporter does not catch up');
      await this.pass(life, STEP_MS);
    }
  }

  async #judge(life: ExporterLife): Promise<void> {
    const missing = [...this.#acknowledged].filter((id) => !this.destination.taken.has(id));
    assert.equal(missing.length, 1, 'the one that is too large by itself');
    assertBalanced(life);
    const names = await this.#disk.list(EXPORTER_DIRECTORY);
    const letters = await this.#disk.readFile(
      `${EXPORTER_DIRECTORY}/${names.find((name) => name.startsWith('dead'))}`,
    );
    assert.match(new TextDecoder().decode(letters), /"items":1,"reason":"too_large","detail":"[^"]*413/);
    await closeExporterLife(life);
  }

  open(): Promise<ExporterLife> {
    const birth = { disk: this.#disk, wallMs: this.#wallMs, random: this.#random };
    return openExporterLife(birth, (clock) =>
      createOtlpHttpExporter({
        config: {
          common: COMMON_DEFAULT,
          urls: { traces: 'http://127.0.0.1:4318/v1/traces' },
          // Packing is done by threads, which no simulated clock waits for.
          compresses: false,
          requestBytesMax: REQUEST_BYTES_MAX,
        },
        net: new SimulatedNet(clock, (request) => this.destination.answer(request)),
        clock,
        log: silentLogger,
        size: this.#size(),
      }),
    );
  }

  async append({ writer }: ExporterLife, items: number, name = 'x'.repeat(NAME_CHARS)): Promise<void> {
    const ids = Array.from({ length: items }, () => {
      this.#spans += 1;
      return this.#spans.toString(16).padStart(16, '0');
    });
    const spans = ids.map((spanId) => ({
      traceId: spanId.repeat(2),
      spanId,
      name,
      startNanos: 1n,
      endNanos: 2n,
    }));
    const body = buildTraces({ service: 'shop', spans });
    await writer.append({ kind: 'otlp-traces', tenant: DEFAULT_TENANT, items, body });
    for (const id of ids) this.#acknowledged.add(id);
  }

  async pass({ clock }: ExporterLife, byMs: number): Promise<void> {
    await clock.advanceAsync(byMs);
    this.#wallMs = clock.wallMs();
  }
}

test(`${HISTORIES} histories: a slow destination gets everything (seed ${SEED})`, async () => {
  for (let index = 0; index < HISTORIES; index += 1) {
    await new History(SEED + index).run(index % 4).catch((error: unknown) => {
      throw new Error(`history with PLIMSOLL_SEED=${SEED + index}`, { cause: error });
    });
  }
});

test('negative control: without halving it gets nothing done', async () => {
  const history = new History(SEED, () => new Stubborn(REQUEST_BYTES_MAX));
  await assert.rejects(history.run(0), BrokenPromise);
});

test('a destination that has become quick is sent full requests again', async () => {
  const history = new History(SEED);
  const { destination } = history;
  destination.bytesMax = Number.POSITIVE_INFINITY;
  const life = await history.open();
  for (let record = 0; record < RECORDS; record += 1) await history.append(life, 100);
  await history.catchUp(life);
  assert.ok(Math.max(...destination.sizes) <= 200_000, 'ten seconds at its pace');
  destination.bytesPerSecond = 100_000_000;
  for (let record = 0; record < 8 * RECORDS; record += 1) await history.append(life, 100);
  await history.catchUp(life);
  assert.ok(Math.max(...destination.sizes) > REQUEST_BYTES_MAX * 0.8);
});
