/**
 * Nothing missed, nothing doubled: seeded histories of alerts, kills at any
 * statement, and receivers that answer 500, 429, too late or not at all.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { playHistory, type HistoryResult } from '#test/support/delivery-history.ts';
import { historyDatabase, type Sabotage } from '#test/support/delivery-world.ts';

const SCALE = Number(process.env['PLIMSOLL_SIM_SCALE'] ?? '1');
const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = Math.max(1, Math.round(2000 * SCALE));
/** A slow machine plays no more in the time that one test may take. */
const HISTORIES_A_TEST_MAX = 500;
const TESTS = Math.ceil(HISTORIES / HISTORIES_A_TEST_MAX);
const CONTROL_HISTORIES_MAX = 300;

for (let part = 0; part < TESTS; part += 1) {
  const begin = Math.floor((part * HISTORIES) / TESTS);
  const end = Math.floor(((part + 1) * HISTORIES) / TESTS);
  test(`histories ${begin + 1} to ${end}: every notification exactly once, in order`, (t) =>
    playAll(t, begin, end));
}

async function playAll(t: TestContext, begin: number, end: number): Promise<void> {
  const database = historyDatabase('none');
  t.after(() => database.close());
  let kills = 0;
  let notifications = 0;
  let repeats = 0;
  for (let index = begin; index < end; index += 1) {
    const seed = SEED + index;
    const result = await playHistory(seed, 'none', database);
    const wrong = [...result.seen, ...result.books];
    assert.deepEqual(wrong, [], `history with PLIMSOLL_SEED=${seed} PLIMSOLL_SIM_SCALE=0.0005`);
    kills += result.kills;
    notifications += result.notifications;
    repeats += result.repeats;
  }
  assert.ok(kills > end - begin, `seed ${SEED}: processes must die for this to mean anything`);
  assert.ok(
    notifications > end - begin,
    `seed ${SEED}: notifications must be sent for this to mean anything`,
  );
  t.diagnostic(
    `seed ${SEED}: ${kills} kills, ${notifications} notifications, ${repeats} repeats taken out by their key`,
  );
}

/** Plays until the receivers see what must not be. */
async function firstSeen(t: TestContext, sabotage: Sabotage): Promise<HistoryResult | undefined> {
  const database = historyDatabase(sabotage);
  t.after(() => database.close());
  for (let index = 0; index < CONTROL_HISTORIES_MAX; index += 1) {
    const result = await playHistory(SEED + index, sabotage, database);
    if (result.seen.length > 0) return result;
  }
  return undefined;
}

test('negative control: a key that changes over a restart is seen as doubled', async (t) => {
  const result = await firstSeen(t, 'key-changes-over-restart');
  assert.ok(
    result?.seen.some((text) => text.includes('told twice')),
    `seed ${SEED}: a doubled notification must be seen`,
  );
});

test('negative control: without transactions notifications are lost or doubled', async (t) => {
  const result = await firstSeen(t, 'no-transactions');
  assert.ok(result !== undefined, `seed ${SEED}: a missed or doubled notification must be seen`);
});
