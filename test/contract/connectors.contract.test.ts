/** The connectors as a consumer of a real disk journal: restarts, other settings, what the journal must keep. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { present } from '#base/invariant.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createMeter } from '#base/real/metrics.ts';
import { systemRandom } from '#base/real/random.ts';
import { CONNECTORS_DEFAULT, type ConnectorsConfig } from '#collector/connectors/config.ts';
import { CONNECTORS_CONSUMER, startConnectors, type RunningConnectors } from '#collector/connectors/start.ts';
import { ledger } from '#collector/ledger.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { createCommittedCell, publishCommitted, SharedCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { openDiskJournal, type DiskJournalWriter } from '#journal/disk/writer.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import { DerivedReader } from '#test/support/derived.ts';
import { fastTimers } from '#test/support/fast-timers.ts';
import { buildTraces } from '#test/support/otlp.ts';
import { until } from '#test/support/wait.ts';

/** Shows its metrics soon; `quiet` shows none while the test runs. */
const SOON = withInterval(200);
const QUIET = withInterval(3_600_000);
/** For what comes soon unless the machine stalls. */
const WAIT_MS_MAX = 15_000;

function withInterval(flushIntervalMs: number): ConnectorsConfig {
  const { spanmetrics, servicegraph } = CONNECTORS_DEFAULT;
  return {
    spanmetrics: { ...spanmetrics, flushIntervalMs },
    servicegraph: { ...servicegraph, flushIntervalMs },
  };
}

interface World extends AsyncDisposable {
  readonly journal: DiskJournalWriter;
  start(config: ConnectorsConfig): Promise<RunningConnectors>;
}

async function world(): Promise<World> {
  const directory = await mkdtemp(path.join(tmpdir(), 'plimsoll-connectors-'));
  const cell = createCommittedCell();
  const place = { disk: systemDisk, clock: fastTimers };
  const journalDirectory = path.join(directory, 'journal');
  const journal = await openDiskJournal({
    ...place,
    random: systemRandom,
    directory: journalDirectory,
    config: DEFAULT_JOURNAL_CONFIG,
    consumers: [CONNECTORS_CONSUMER],
    onCommit: (offset) => publishCommitted(cell, offset),
  });
  return {
    journal,
    start: (config) =>
      startConnectors({
        ...place,
        log: silentLogger,
        meter: createMeter(),
        directory: path.join(directory, 'connectors'),
        source: openDiskJournalSource({
          ...place,
          directory: journalDirectory,
          committed: new SharedCommitted(cell),
        }),
        config,
      }),
    async [Symbol.asyncDispose]() {
      await journal[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

async function append(journal: DiskJournalWriter, count: number): Promise<void> {
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId: 'a'.repeat(32),
    spanId: String(index + 1).padStart(16, '0'),
    startNanos: 1n,
    endNanos: 2n,
  }));
  const body = buildTraces({ service: 'quotes', spans });
  await journal.append({ kind: 'otlp-traces', tenant: DEFAULT_TENANT, items: count, body });
}

async function caughtUp(journal: DiskJournalWriter, connectors: RunningConnectors): Promise<void> {
  const accepted = journal.status().accepted['otlp-traces'];
  await until('the connectors', () => connectors.cursor.accepted['otlp-traces'] === accepted, {
    timeoutMs: WAIT_MS_MAX,
  });
}

/** Waits until so many spans are shown as counted. */
async function shows(connectors: RunningConnectors, calls: number): Promise<void> {
  let shown = 0;
  const look = (): boolean => {
    const reader = new DerivedReader();
    for (const { items, body } of connectors.takeDerived()) {
      assert.equal(decodeWriteRequest(body, reader), items);
      shown = Object.values(reader.with('calls_total')).reduce((sum, count) => sum + count, 0);
    }
    return shown === calls;
  };
  await until(`${calls} calls`, look, { timeoutMs: WAIT_MS_MAX, detail: () => String(shown) });
}

test('counts go on after a restart, and the ledger has every span', async () => {
  await using scene = await world();
  const { journal } = scene;
  for (let life = 1; life <= 2; life += 1) {
    await using connectors = await scene.start(SOON);
    await append(journal, 7);
    await caughtUp(journal, connectors);
    await shows(connectors, 7 * life);
    const rows = ledger(journal.status(), [{ name: 'connectors', cursor: connectors.cursor }]);
    const row = rows.find(({ signal }) => signal === 'otlp-traces');
    assert.deepEqual([row?.accepted, row?.delivered, row?.residual], [7 * life, 7 * life, 0]);
  }
});

test('with other buckets counters begin anew, and nothing is read again', async () => {
  await using scene = await world();
  const { journal } = scene;
  {
    await using connectors = await scene.start(QUIET);
    await append(journal, 7);
    await caughtUp(journal, connectors);
  }
  const spanmetrics = { ...SOON.spanmetrics, bucketsMs: [1, 2, 3] };
  await using connectors = await scene.start({ ...SOON, spanmetrics });
  await append(journal, 2);
  await caughtUp(journal, connectors);
  assert.equal(connectors.cursor.delivered['otlp-traces'], 9);
  await shows(connectors, 2);
});

test('a flood is not held in the journal until the next flush, even with both switched off', async () => {
  await using scene = await world();
  const { journal } = scene;
  const { spanmetrics, servicegraph } = QUIET;
  await using connectors = await scene.start({
    spanmetrics: { ...spanmetrics, enabled: false },
    servicegraph: { ...servicegraph, enabled: false },
  });
  await append(journal, 1);
  const body = new Uint8Array(8 * 2 ** 20);
  for (let index = 0; index < 4; index += 1) {
    await journal.append({ kind: 'otlp-logs', tenant: DEFAULT_TENANT, items: 1, body: body.slice() });
  }
  await caughtUp(journal, connectors);
  const held = (): number => present(journal.status().consumers[0], 'one consumer').heldBytes;
  await until('the cursor to be reported', () => held() <= 2 * body.length, { timeoutMs: WAIT_MS_MAX });
  assert.deepEqual(connectors.takeDerived(), []);
});
