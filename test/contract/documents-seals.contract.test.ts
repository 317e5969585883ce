/** What is the embedded documents store's own: seals, crashes, limits. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { sleep } from '#base/clock.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import { DuckDb } from '#storage/embedded/documents/duckdb.ts';
import { logSearch, logsRecord } from '#test/contract/logs.ts';
import { BASE, search, span, spansRecord, traceId } from '#test/contract/traces.ts';
import { DocumentsWorld, DyingDisk } from '#test/support/documents-world.ts';
import { promptly } from '#test/support/promptly.ts';

/** Ten spans of one trace and ten log records. */
function batch(number: number) {
  const spans = Array.from({ length: 10 }, (_, index) => span(1, number * 10 + index));
  const logs = spans.map((_, index) => ({ nanos: BASE + BigInt(number * 10 + index), body: `${number}` }));
  return [spansRecord({ service: 'shop' }, spans), logsRecord({ service: 'shop' }, logs)];
}

async function assertWhole(world: DocumentsWorld, batches: number, when: string): Promise<void> {
  const trace = await world.store.trace(traceId(1));
  assert.equal(trace?.spans.length, batches * 10, `spans ${when}`);
  assert.equal(new Set(trace?.spans.map((one) => one.spanId)).size, batches * 10, `each span once ${when}`);
  const logs = await world.store.searchLogs(logSearch({ recordsMax: 1000 }));
  assert.equal(logs.records.length, batches * 10, `records ${when}`);
  const { cursor } = await world.store.status();
  assert.deepEqual(
    [cursor.delivered['otlp-traces'], cursor.delivered['otlp-logs'], cursor.dropped],
    [batches * 10, batches * 10, {}],
    `ledger ${when}`,
  );
}

test('killed at any step of a seal, nothing is lost and nothing doubled', async () => {
  await using world = await DocumentsWorld.open();
  await world.write(batch(0));
  let batches = 1;
  let steps = 0;
  const living = (): DyingDisk => new DyingDisk(systemDisk, Number.MAX_SAFE_INTEGER);
  let disk = living();
  await world.restart(disk);
  for (let diesAt = 1; ; diesAt += 1) {
    await world.write(batch(batches));
    batches += 1;
    const opened = disk.operations;
    disk.killAfter(diesAt);
    const sealed = await world.store.sealNow().then(
      () => true,
      () => false,
    );
    await assertWhole(world, batches, `while the disk is dead after step ${diesAt}`);
    const next = living();
    await world.restart(next);
    await assertWhole(world, batches, `after a kill at step ${diesAt}`);
    steps = disk.operations - opened;
    if (sealed) break;
    disk = next;
  }
  assert.ok(steps >= 18, `a seal of spans and logs has ${steps} steps on the disk`);
});

test('negative control: data and cursor that are apart are seen as loss and as doubles', async () => {
  for (const [what, damage] of [
    ['data gone, cursor kept', { files: [] }],
    ['data kept, cursor gone', { cursor: NEW_CURSOR }],
  ] as const) {
    await using world = await DocumentsWorld.open();
    await world.write(batch(0));
    await world.store.sealNow();
    await assertWhole(world, 1, 'before');
    const path = join(world.folder, 'manifest.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as object;
    await world.store[Symbol.asyncDispose]();
    await writeFile(path, JSON.stringify({ ...manifest, ...damage }));
    await world.restart();
    await assert.rejects(assertWhole(world, 1, what), { name: 'AssertionError' }, what);
  }
});

test('a seal that failed is made up for by the next', async () => {
  await using world = await DocumentsWorld.open();
  const disk = new DyingDisk(systemDisk, Number.MAX_SAFE_INTEGER);
  await world.restart(disk);
  await world.write(batch(0));
  for (const failsAt of [3, 9, 17]) {
    disk.killAfter(failsAt);
    await assert.rejects(world.store.sealNow(), /the disk is dead/);
  }
  disk.killAfter(Number.MAX_SAFE_INTEGER);
  await world.store.sealNow();
  assert.equal((await world.store.status()).tailItems, 0);
  await assertWhole(world, 1, 'after the seal');
  const names = await readdir(world.folder);
  const files = names.filter((name) => name.endsWith('.parquet'));
  assert.equal(files.length, 2, `no stray files: ${names.join(', ')}`);
});

/** Something happens before each removal. */
class WatchedDisk extends DyingDisk {
  beforeRemove: () => Promise<void> = () => Promise.resolve();

  override async remove(path: string): Promise<void> {
    await this.beforeRemove();
    await super.remove(path);
  }
}

test('while a seal tidies up after one that failed, nothing is seen twice', async () => {
  await using world = await DocumentsWorld.open();
  const disk = new WatchedDisk(systemDisk, Number.MAX_SAFE_INTEGER);
  await world.restart(disk);
  await world.write(batch(0));
  disk.killAfter(17);
  await assert.rejects(world.store.sealNow(), /the disk is dead/);
  disk.killAfter(Number.MAX_SAFE_INTEGER);
  const seen: number[] = [];
  disk.beforeRemove = async () => {
    seen.push((await world.store.searchLogs(logSearch())).records.length);
  };
  await world.store.sealNow();
  assert.ok(seen.length >= 4, `${seen.length} removals`);
  assert.deepEqual(new Set(seen), new Set([10]));
});

test('what a crash left behind is removed at the start', async () => {
  await using world = await DocumentsWorld.open();
  await world.write(batch(0));
  for (const name of ['spans-0000000099.parquet', 'logs-0000000098.parquet.tmp', 'x.bloom']) {
    await writeFile(join(world.folder, name), 'half');
  }
  await world.restart();
  await assertWhole(world, 1, 'after the start');
  const names = (await readdir(world.folder)).filter((name) => name !== 'spill');
  assert.deepEqual(
    names.filter((name) => !/^(?:manifest\.json|(?:spans|logs)-000000000\d\.\w+)$/.test(name)),
    [],
  );
});

test('a tail is sealed by itself when it is full, and files hold at most so many rows', async () => {
  await using world = await DocumentsWorld.open({ config: { sealRows: 100 } });
  for (let number = 0; number < 12; number += 1) await world.write(batch(number));
  const spans = Array.from({ length: 950 }, (_, index) => span(2, index));
  await world.write([spansRecord({ service: 'shop' }, spans)]);
  // Taken in first and sealed right after: the seal may still be running.
  while ((await world.store.status()).tailItems > 100) await sleep(systemClock, 5);
  assert.equal((await world.store.trace(traceId(1)))?.spans.length, 120);
  assert.equal((await world.store.trace(traceId(2)))?.spans.length, 950);
});

test('items of kilobytes and megabytes are sealed within the memory limit; one too large is dropped and counted', async () => {
  await using world = await DocumentsWorld.open();
  const fat = (number: number, length: number) =>
    spansRecord({ service: 'shop' }, [
      span(1, number, { attributes: { fat: String(number).padStart(length, 'x') } }),
    ]);
  for (let number = 0; number < 8; number += 1) await world.write([fat(number, 2_000_000)]);
  await world.write([fat(8, 9_000_000)]);
  const spans = Array.from({ length: 1500 }, (_, index) => span(2, index));
  await world.write([spansRecord({ service: 'shop', resource: { fat: 'r'.repeat(20_000) } }, spans)]);
  await world.store.sealNow();
  const { cursor, tailItems } = await world.store.status();
  assert.equal(tailItems, 0);
  assert.equal((await world.store.trace(traceId(1)))?.spans.length, 8);
  assert.equal((await world.store.trace(traceId(2)))?.spans.length, 1500);
  assert.deepEqual(
    [cursor.delivered['otlp-traces'], cursor.dropped['too_large']?.['otlp-traces']],
    [1508, 1],
  );
});

test('values of logs are counted although some have attributes beyond all measure', async () => {
  await using world = await DocumentsWorld.open();
  const logs = ['x'.repeat(50_000), 'y'].map((fat) => ({ nanos: BASE, attributes: { fat, route: '/a' } }));
  const resource = { zone: 'z', fat: 'r'.repeat(50_000) };
  await world.write([logsRecord({ service: 'a', resource }, logs), logsRecord({ service: 'b' }, logs)]);
  const { order: _order, recordsMax: _recordsMax, after: _after, ...filter } = logSearch();
  const { scanned, facets } = await world.store.logFacets(filter, { valuesMax: 10 });
  assert.deepEqual(
    [scanned, facets.map(({ key, values }) => [key, values.map(({ count }) => count)])],
    [
      4,
      [
        ['service', [2, 2]],
        ['severity', [4]],
        ['attr.fat', [2]],
        ['attr.route', [2]],
      ],
    ],
  );
});

test('many small files become few, and nothing is lost', async () => {
  await using world = await DocumentsWorld.open();
  for (let number = 0; number < 45; number += 1) {
    await world.write(batch(number));
    await world.store.sealNow();
  }
  await assertWhole(world, 45, 'after merging');
  const files = (await readdir(world.folder)).filter((name) => name.endsWith('.parquet'));
  assert.ok(files.length < 20, `${files.length} files`);
  await world.restart();
  await assertWhole(world, 45, 'after a restart');
});

test('over the budget the oldest files go, the newest stays', async () => {
  await using world = await DocumentsWorld.open({ config: { retentionBytes: 20_000 } });
  for (let number = 0; number < 12; number += 1) {
    const spans = Array.from({ length: 10 }, (_, index) => span(number + 1, number * 10 + index));
    await world.write([spansRecord({ service: 'shop' }, spans)]);
    await world.store.sealNow();
  }
  assert.ok((await world.store.status()).bytes <= 20_000);
  assert.equal(await world.store.trace(traceId(1)), undefined);
  assert.equal((await world.store.trace(traceId(12)))?.spans.length, 10);
});

test('a trace over the limit is cut and says so; several over it are refused', async () => {
  await using world = await DocumentsWorld.open({ limits: { spansPerTraceMax: 25, spansPerSearchMax: 25 } });
  await world.write([...batch(0), ...batch(1), ...batch(2)]);
  const trace = await world.store.trace(traceId(1));
  assert.deepEqual([trace?.spans.length, trace?.truncated], [25, true]);
  await assert.rejects(world.store.searchTraces(search('shop')), (error) =>
    isCoded(error, 'PLIM_QUERY_LIMIT'),
  );
  assert.deepEqual(await world.store.traces([traceId(1)]), [trace]);
  await assert.rejects(world.store.traces([traceId(1), traceId(2)]), (error) =>
    isCoded(error, 'PLIM_QUERY_LIMIT'),
  );
});

test('a query that runs out of time or is aborted is interrupted at once', async (t) => {
  const options = { memoryLimitBytes: 2 ** 26, spillDirectory: join(tmpdir(), 'unused'), clock: systemClock };
  await using duckdb = await DuckDb.open(options);
  const endless = 'select sum(a.range * b.range) as x from range(1000000) a, range(1000000) b';
  await promptly(t, 'all over', 2000, async () => {
    const startMs = systemClock.monotonicMs();
    await assert.rejects(duckdb.query(endless, {}, { signal: undefined, timeoutMs: 50 }), (error) =>
      isCoded(error, 'PLIM_QUERY_TIMEOUT'),
    );
    const abort = new AbortController();
    const options = { signal: abort.signal, timeoutMs: 60_000 };
    const running = [1, 2, 3].map(() => duckdb.query(endless, {}, options));
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 50);
    for (const outcome of await Promise.allSettled(running)) {
      assert.deepEqual(outcome, { status: 'rejected', reason });
    }
    const [row] = await duckdb.query('select 42::ubigint as x', {}, { signal: undefined, timeoutMs: 20_000 });
    assert.equal(row?.['x'], 42n, 'the next query answers');
    return systemClock.monotonicMs() - startMs;
  });
});

test('queries and seals at the same time get on with each other', async () => {
  await using world = await DocumentsWorld.open();
  let going = true;
  const asking = [0, 1, 2].map(async () => {
    let asked = 0;
    while (going) {
      const trace = await world.store.trace(traceId(1));
      const spans = trace?.spans.length ?? 0;
      assert.equal(spans % 10, 0, 'a record is there as a whole');
      asked += 1;
    }
    return asked;
  });
  for (let number = 0; number < 10; number += 1) {
    await world.write(batch(number));
    await world.store.sealNow();
  }
  going = false;
  const asked = await Promise.all(asking);
  assert.ok(asked.every((count) => count > 0));
  await assertWhole(world, 10, 'in the end');
});
