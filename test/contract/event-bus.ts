/** What every event bus of the freight company must do, whatever stands behind it. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { EventBus, NewRecord, StoredRecord } from '#sample-services/lib/event-bus.ts';
import { promptly } from '#test/support/promptly.ts';

export interface BusUnderTest extends AsyncDisposable {
  readonly bus: EventBus;
  /** Ends what stands behind it the hard way, and starts it again on the same disk. */
  readonly restart: () => Promise<void>;
}

const TOPIC = 'tracking-events';
const OTHER_TOPIC = 'shipment-events';

function record(id: string): NewRecord {
  return { id, key: `key of ${id}`, headers: { traceparent: `t-${id}` }, value: { id, text: 'ÄÖÜ "\n' } };
}

function records(...ids: readonly string[]): readonly NewRecord[] {
  return ids.map(record);
}

async function read(bus: EventBus, group: string, waitMs = 0): Promise<readonly StoredRecord[]> {
  return bus.poll({ topic: TOPIC, group, recordsMax: 100, waitMs, signal: AbortSignal.timeout(20_000) });
}

function idsOf(stored: readonly StoredRecord[]): readonly string[] {
  return stored.map(({ id }) => id);
}

export function eventBusContract(name: string, start: () => Promise<BusUnderTest>): void {
  const behaves = (what: string, body: (under: BusUnderTest, t: TestContext) => Promise<void>): void => {
    test(`${name}: ${what}`, async (t) => {
      await using under = await start();
      await body(under, t);
    });
  };

  behaves('gives back what was published, in order', async ({ bus }) => {
    await bus.publish(TOPIC, records('a', 'b'));
    await bus.publish(TOPIC, records('c'));
    await bus.publish(OTHER_TOPIC, records('x'));
    const stored = await read(bus, 'one');
    const expected = records('a', 'b', 'c').map((given, offset) => ({ offset, ...given }));
    assert.deepEqual(stored, expected);
  });

  behaves('gives again what was not committed, and the rest after a commit', async ({ bus }) => {
    await bus.publish(TOPIC, records('a', 'b', 'c'));
    assert.deepEqual(idsOf(await read(bus, 'one')), ['a', 'b', 'c']);
    assert.deepEqual(idsOf(await read(bus, 'one')), ['a', 'b', 'c']);
    await bus.commit(TOPIC, 'one', 2);
    assert.deepEqual(idsOf(await read(bus, 'one')), ['c']);
    await bus.commit(TOPIC, 'one', 1);
    assert.deepEqual(idsOf(await read(bus, 'one')), ['c'], 'a late commit moves nobody back');
  });

  behaves('lets each group read all', async ({ bus }) => {
    await bus.publish(TOPIC, records('a', 'b'));
    await read(bus, 'one');
    await bus.commit(TOPIC, 'one', 2);
    assert.deepEqual(idsOf(await read(bus, 'two')), ['a', 'b']);
    assert.deepEqual(idsOf(await read(bus, 'one')), []);
  });

  behaves('gives no more than was asked for', async ({ bus }) => {
    await bus.publish(TOPIC, records('a', 'b', 'c'));
    const poll = {
      topic: TOPIC,
      group: 'one',
      recordsMax: 2,
      waitMs: 0,
      signal: AbortSignal.timeout(20_000),
    };
    assert.deepEqual(idsOf(await bus.poll(poll)), ['a', 'b']);
  });

  behaves('wakes who waits at the first record', async ({ bus }) => {
    const waitMs = 8000;
    const startedMs = performance.now();
    const waiting = read(bus, 'one', waitMs);
    await bus.publish(OTHER_TOPIC, records('x'));
    await bus.publish(TOPIC, records('a'));
    assert.deepEqual(idsOf(await waiting), ['a']);
    assert.ok(performance.now() - startedMs < waitMs / 2);
  });

  behaves('lets nobody wait longer than asked', async ({ bus }, t) => {
    await promptly(t, 'an empty poll of 100 ms', 2000, async () => {
      const startedMs = performance.now();
      assert.deepEqual(await read(bus, 'one', 100), []);
      const waitedMs = performance.now() - startedMs;
      assert.ok(waitedMs >= 90, `${waitedMs}`);
      return waitedMs;
    });
  });

  behaves('ends a wait at the abort', async ({ bus }) => {
    const stop = new AbortController();
    const poll = { topic: TOPIC, group: 'one', recordsMax: 2, waitMs: 5000, signal: stop.signal };
    const waiting = bus.poll(poll);
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(waiting);
  });

  behaves('keeps records and offsets through a restart', async ({ bus, restart }) => {
    await bus.publish(TOPIC, records('a', 'b', 'c'));
    await read(bus, 'one');
    await bus.commit(TOPIC, 'one', 1);
    await restart();
    // Connections from before may fail once; whoever uses a bus tries again.
    const again = await read(bus, 'one').catch(() => read(bus, 'one'));
    assert.deepEqual(idsOf(again), ['b', 'c']);
    await bus.publish(TOPIC, records('d'));
    assert.deepEqual(
      (await read(bus, 'one')).map(({ offset }) => offset),
      [1, 2, 3],
    );
  });

  behaves('keeps the order of many who publish at once', async ({ bus }) => {
    const batches = Array.from({ length: 20 }, (_, batch) => records(`${batch}-1`, `${batch}-2`));
    await Promise.all(batches.map((batch) => bus.publish(TOPIC, batch)));
    const ids = idsOf(await read(bus, 'one'));
    assert.equal(new Set(ids).size, 40);
    for (let batch = 0; batch < 20; batch += 1) {
      assert.equal(ids.indexOf(`${batch}-2`), ids.indexOf(`${batch}-1`) + 1);
    }
  });

  behaves('refuses a topic that is not there', async ({ bus }) => {
    await assert.rejects(bus.publish('gossip', records('a')));
  });
}
