import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { keptEvidence } from '#alerting/api/evidence.ts';
import { NOTHING_KEPT } from '#alerting/kept-evidence.ts';
import { IN_MEMORY, openDatabase } from '#alerting/state/database.ts';
import { inTransaction } from '#alerting/state/sql.ts';
import { createStore } from '#alerting/state/store.ts';
import { MIGRATIONS } from '#alerting/state/schema.ts';
import { isCoded } from '#base/errors.ts';
import { seededRandom } from '#base/sim/random.ts';

function folder(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'plimsoll-state-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('a file is made with its folder, synced at every commit, and keeps what was committed', (t) => {
  const file = path.join(folder(t), 'alerting', 'state.sqlite');
  const database = openDatabase(file);
  assert.equal(database.prepare('PRAGMA synchronous').get()?.['synchronous'], 2, 'FULL');
  assert.equal(database.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
  const store = createStore(database, seededRandom(1));
  store.transaction(() => store.progress.saveSnapshots(new Map([['a', new Uint8Array([1, 2])]])));
  store.close();
  const again = createStore(openDatabase(file), seededRandom(2));
  assert.equal(again.instance, store.instance);
  assert.deepEqual([...again.progress.snapshots()], [['a', new Uint8Array([1, 2])]]);
  again.close();
});

test('a transaction that throws changes nothing', () => {
  const database = openDatabase(IN_MEMORY);
  const store = createStore(database, seededRandom(1));
  const failing = (): void =>
    inTransaction(database, () => {
      store.progress.saveSnapshots(new Map([['a', new Uint8Array(1)]]));
      throw new Error('in the middle');
    });
  assert.throws(failing, /in the middle/);
  assert.equal(store.progress.snapshots().size, 0);
  store.transaction(() => store.progress.saveSnapshots(new Map([['b', new Uint8Array(1)]])));
  assert.deepEqual([...store.progress.snapshots().keys()], ['b']);
  store.close();
});

test('snapshots of SLOs that are gone are forgotten, the one of the sources never', () => {
  const store = createStore(openDatabase(IN_MEMORY), seededRandom(1));
  const bytes = new Uint8Array(1);
  store.progress.saveSnapshots(
    new Map([
      ['', bytes],
      ['a', bytes],
      ['b', bytes],
    ]),
  );
  store.progress.keepSnapshots(new Set(['b', 'c']));
  assert.deepEqual([...store.progress.snapshots().keys()].toSorted(), ['', 'b']);
  store.close();
});

test('a file that is no database, and one of a newer version, are refused in a sentence', (t) => {
  const directory = folder(t);
  const broken = path.join(directory, 'broken.sqlite');
  writeFileSync(broken, 'this is no database, it is a text that is long enough to be looked at');
  assert.throws(
    () => openDatabase(broken),
    (error) => isCoded(error, 'PLIM_DATA_UNUSABLE'),
  );
  const newer = path.join(directory, 'newer.sqlite');
  const database = openDatabase(newer);
  database.exec('PRAGMA user_version = 999');
  database.close();
  assert.throws(
    () => openDatabase(newer),
    (error) => isCoded(error, 'PLIM_DATA_UNUSABLE') && error.message.includes('newer Plimsoll'),
  );
});

test('a file of the first version is taken over: ends of silences that are told already stay told', (t) => {
  const file = path.join(folder(t), 'first.sqlite');
  const old = new DatabaseSync(file);
  old.exec(`${MIGRATIONS[0] ?? ''} PRAGMA user_version = 1;`);
  const add = old.prepare(
    "INSERT INTO silences (id, matchers, starts_at, ends_at, updated_at, created_by, comment, annotations) VALUES (?, '[]', 1, ?, ?, '', '', '{}')",
  );
  add.run('ended by hand', 50, 50);
  add.run('ran out', 60, 10);
  add.run('lasts', 900, 10);
  old.close();
  const store = createStore(openDatabase(file), seededRandom(1));
  const untold = (): string[] => store.silences.untoldEnds(100, 10).map(({ id }) => id);
  assert.deepEqual(untold(), ['ran out']);
  store.silences.endTold('ran out');
  assert.deepEqual(untold(), []);
  assert.equal(store.silences.all().length, 3);
  store.close();
});

test('incidents of a file from before evidence was kept are not asked about any more', (t) => {
  const file = path.join(folder(t), 'second.sqlite');
  const old = new DatabaseSync(file);
  old.exec(`${MIGRATIONS.slice(0, 2).join('')} PRAGMA user_version = 2;`);
  const add = `INSERT INTO incidents (id, slo_id, service, severity, alertname, fingerprint, starts_at, evidence)
    VALUES (?, 'a/b', 'a', 'page', 'x', 'f', 1, '{}')`;
  old.prepare(add).run('old');
  old.close();
  const database = openDatabase(file);
  database.prepare(add).run('new');
  const store = createStore(database, seededRandom(1));
  assert.deepEqual(store.evidence.pending(10), ['new']);
  assert.match(
    JSON.stringify(keptEvidence({ store }, 'old')),
    /"not-kept","reason":"the incident began before/,
  );
  assert.deepEqual(keptEvidence({ store }, 'new'), NOTHING_KEPT);
  store.close();
});
