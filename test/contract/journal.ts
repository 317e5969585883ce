/**
 * What every journal does, whatever it is made of. A backend that cannot do a
 * thing says so in `lacks`, with the reason; the suite then names the skip.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { NO_ITEMS } from '#signals/records.ts';
import { runConsumer } from '#journal/consumer.ts';
import { advance, dropItems, NEW_CURSOR } from '#journal/core/cursor.ts';
import type { JournalRecord } from '#journal/ports.ts';
import {
  assertCode,
  disposable,
  draft,
  EXPORTER,
  nextOf,
  readAll,
  readAllStarted,
  residual,
  STORE,
  textOf,
  untilRefused,
  type JournalBackend,
  type JournalFeature,
} from '#test/contract/journal-backend.ts';

/** How often a report is waited for. */
const RECLAIM_ROUNDS_MAX = 20;

export function journalContract(name: string, makeBackend: () => Promise<JournalBackend>): void {
  const withBackend = (body: (backend: JournalBackend) => Promise<void>) => async (): Promise<void> => {
    await using backend = await makeBackend();
    await body(backend);
  };
  const withFeature = (
    feature: JournalFeature,
    body: (backend: JournalBackend) => Promise<void>,
  ): ((t: { skip(reason: string): void }) => Promise<void>) => {
    return async (t) => {
      await using backend = await makeBackend();
      const reason = backend.lacks[feature];
      if (reason === undefined) await body(backend);
      else t.skip(reason);
    };
  };

  describe(`journal contract: ${name}`, () => {
    test('what was appended is read, whole and in order', withBackend(readsInOrder));
    test('concurrent appends are all kept, each once', withBackend(keepsConcurrent));
    test('identity rises, and a new start is a new epoch', withBackend(risesInIdentity));
    test('totals in headers run on over a new start', withBackend(runsTotalsOn));
    test('a cursor is where the next reader begins', withBackend(resumes));
    test('what was seen is left out when it comes again', withBackend(leavesOutDuplicates));
    test('a reader waits for what comes, and no longer', withBackend(waits));
    test('an abort ends the waiting', withBackend(aborts));
    test('lag is what is committed and unread', withBackend(tellsLag));
    test('a large record passes though it is over bytesMax', withBackend(passesLargeRecord));
    test('an empty body and an empty kind of record pass', withBackend(passesEmptyBody));
    test('a closed journal refuses by its code', withBackend(refusesWhenClosed));
    test('the consumer loop delivers all and stops on abort', withBackend(loops));
    test('the books balance when a consumer drops', withBackend(balances));
    test('status tells accepted, consumers and state', withBackend(tellsStatus));
    test('a refuse consumer that is behind closes the door', withFeature('budget', closesTheDoor));
    test('a drop consumer that is behind loses, counted', withFeature('retention', losesByRetention));
    test('a damaged record is skipped alone, and counted', withFeature('damage', skipsDamage));
  });
}

async function readsInOrder(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  const sent: string[] = [];
  for (let index = 0; index < 20; index += 1) {
    sent.push(`body ${index}`);
    await writer.append(draft(`body ${index}`, { kind: index % 2 === 0 ? 'otlp-logs' : 'otlp-traces' }));
  }
  const { records } = await readAll(backend, NEW_CURSOR);
  assert.deepEqual(
    records.map((record) => record.text),
    sent,
  );
  assert.deepEqual(records.map((record) => record.kind).slice(0, 2), ['otlp-logs', 'otlp-traces']);
  assert.ok(records.every((record) => record.tenant === 'tenant-1' && record.items === 3));
  for (const [index, record] of records.entries()) {
    const before = records[index - 1];
    assert.ok(before === undefined || before.partition !== record.partition || before.offset < record.offset);
    assert.ok(record.nextOffset > record.offset);
  }
}

async function keepsConcurrent(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  const bodies = Array.from({ length: 200 }, (_, index) => `concurrent ${index}`);
  const appended = await Promise.all(bodies.map((body) => writer.append(draft(body))));
  assert.equal(new Set(appended.map((answer) => answer.id.sequence)).size, bodies.length);
  const { records } = await readAll(backend, NEW_CURSOR);
  assert.deepEqual(records.map((record) => record.text).toSorted(), bodies.toSorted());
}

async function risesInIdentity(backend: JournalBackend): Promise<void> {
  const ids: JournalRecord['id'][] = [];
  for (let start = 0; start < 2; start += 1) {
    await using writer = await backend.openWriter();
    for (let index = 0; index < 3; index += 1) {
      const { id } = await writer.append(draft('x'));
      assert.deepEqual({ node: id.node, epoch: id.epoch }, writer.producer);
      ids.push(id);
    }
  }
  const { records } = await readAllStarted(backend, NEW_CURSOR);
  assert.deepEqual(
    records.map((record) => record.id),
    ids,
  );
  const [first, second, , next] = ids;
  assert.ok(first !== undefined && second !== undefined && next !== undefined);
  assert.ok(first.sequence < second.sequence, 'sequences rise');
  assert.equal(first.node, next.node);
  assert.ok(first.epoch < next.epoch, 'epochs rise');
}

async function runsTotalsOn(backend: JournalBackend): Promise<void> {
  for (let start = 0; start < 2; start += 1) {
    await using writer = await backend.openWriter();
    await writer.append(draft('a', { kind: 'otlp-logs', items: 5 }));
    await writer.append(draft('b', { kind: 'prom-samples', items: 7 }));
    assert.deepEqual(writer.status().accepted, {
      ...NO_ITEMS,
      'otlp-logs': 5 * (start + 1),
      'prom-samples': 7 * (start + 1),
    });
  }
  const { records, cursor } = await readAllStarted(backend, NEW_CURSOR);
  assert.deepEqual(
    records.map((record) => record.accepted['otlp-logs']),
    [5, 5, 10, 10],
  );
  assert.deepEqual(cursor.accepted, { ...NO_ITEMS, 'otlp-logs': 10, 'prom-samples': 14 });
  assert.deepEqual(cursor.delivered, cursor.accepted);
}

async function resumes(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  for (let index = 0; index < 6; index += 1) await writer.append(draft(`r${index}`));
  await using source = disposable(await backend.openSource());
  let { cursor } = { cursor: NEW_CURSOR };
  const texts: string[] = [];
  for (let open = 0; open < 12; open += 1) {
    await using reader = await source.value.open({ cursor, consumer: STORE });
    const advanced = advance(cursor, await nextOf(backend.clock, reader, { bytesMax: 1, waitMs: 50 }));
    texts.push(...advanced.records.map(textOf));
    cursor = advanced.cursor;
  }
  assert.deepEqual(texts, ['r0', 'r1', 'r2', 'r3', 'r4', 'r5']);
}

async function leavesOutDuplicates(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  for (let index = 0; index < 4; index += 1) await writer.append(draft(`d${index}`));
  const { cursor } = await readAll(backend, NEW_CURSOR);
  // As after a replay: the position is lost, what was seen is remembered.
  const replayed = await readAll(backend, { ...NEW_CURSOR, producers: cursor.producers });
  assert.deepEqual(replayed.records, []);
  await writer.append(draft('new'));
  const again = await readAll(backend, { ...NEW_CURSOR, producers: cursor.producers });
  assert.deepEqual(
    again.records.map((record) => record.text),
    ['new'],
  );
}

async function waits(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  await using source = disposable(await backend.openSource());
  await using reader = await source.value.open({ cursor: NEW_CURSOR, consumer: STORE });
  const nothing = await nextOf(backend.clock, reader, { bytesMax: 1000, waitMs: 20 });
  assert.deepEqual(nothing.records, []);
  const waiting = nextOf(backend.clock, reader, { bytesMax: 1000, waitMs: 10_000 });
  await writer.append(draft('at last'));
  assert.deepEqual((await waiting).records.map(textOf), ['at last']);
}

async function aborts(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  await using source = disposable(await backend.openSource());
  await using reader = await source.value.open({ cursor: NEW_CURSOR, consumer: STORE });
  const abort = new AbortController();
  const waiting = nextOf(backend.clock, reader, { bytesMax: 1000, waitMs: 60_000, signal: abort.signal });
  abort.abort();
  assert.deepEqual((await waiting).records, []);
  await writer.append(draft('after'));
  assert.equal((await nextOf(backend.clock, reader, { bytesMax: 1000, waitMs: 5000 })).records.length, 1);
}

async function tellsLag(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  await using source = disposable(await backend.openSource());
  const before = backend.clock.wallNanos();
  for (let index = 0; index < 3; index += 1) await writer.append(draft(`lag ${index}`));
  await using reader = await source.value.open({ cursor: NEW_CURSOR, consumer: STORE });
  await nextOf(backend.clock, reader, { bytesMax: 1, waitMs: 5000 });
  const behind = await reader.lag();
  assert.ok(behind.bytes > 0, 'something is unread');
  assert.ok((behind.oldestUnixNanos ?? 0n) >= before, 'and it was received just now');
  while ((await nextOf(backend.clock, reader, { bytesMax: 1000, waitMs: 20 })).records.length > 0) {
    // Until nothing is left.
  }
  assert.deepEqual(await reader.lag(), { bytes: 0, oldestUnixNanos: undefined });
}

async function passesLargeRecord(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  const large = 'x'.repeat(700_000);
  await writer.append(draft('small'));
  await writer.append(draft(large));
  await writer.append(draft('small again'));
  const { records } = await readAll(backend, NEW_CURSOR, 1000);
  assert.deepEqual(
    records.map((record) => record.text.length),
    [5, large.length, 11],
  );
}

async function passesEmptyBody(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  await writer.append(draft('', { items: 0, tenant: '' }));
  const { records } = await readAll(backend, NEW_CURSOR);
  assert.deepEqual(
    records.map(({ text, items, tenant }) => ({ text, items, tenant })),
    [{ text: '', items: 0, tenant: '' }],
  );
}

async function refusesWhenClosed(backend: JournalBackend): Promise<void> {
  const writer = await backend.openWriter();
  const last = writer.append(draft('on the way'));
  await writer[Symbol.asyncDispose]();
  await writer[Symbol.asyncDispose]();
  await last;
  await assertCode(writer.append(draft('too late')), 'PLIM_JOURNAL_CLOSED');
  assert.equal(writer.status().state, 'closed');
  const { records } = await readAllStarted(backend, NEW_CURSOR);
  assert.deepEqual(
    records.map((record) => record.text),
    ['on the way'],
  );
}

async function loops(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  await using source = disposable(await backend.openSource());
  const stop = new AbortController();
  const texts: string[] = [];
  let stored = NEW_CURSOR;
  const running = runConsumer({
    source: source.value,
    registration: STORE,
    cursor: NEW_CURSOR,
    bytesMax: 4096,
    clock: backend.clock,
    signal: stop.signal,
    async handle({ records, cursor }) {
      texts.push(...records.map(textOf));
      stored = cursor;
      await source.value.reportCursor(STORE, cursor);
      if (texts.length === 30) stop.abort();
    },
  });
  for (let index = 0; index < 30; index += 1) await writer.append(draft(`l${index}`));
  await running;
  assert.equal(texts.length, 30);
  assert.deepEqual(stored.delivered, writer.status().accepted);
}

async function balances(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  for (let index = 0; index < 5; index += 1) await writer.append(draft('b', { items: 2 }));
  const { cursor } = await readAll(backend, NEW_CURSOR);
  const after = dropItems(cursor, 'poison', 'otlp-logs', 4);
  assert.equal(after.delivered['otlp-logs'], 6);
  assert.deepEqual(residual(after), NO_ITEMS);
}

async function tellsStatus(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter({ consumers: [STORE] });
  await using source = disposable(await backend.openSource());
  for (let index = 0; index < 4; index += 1) await writer.append(draft('s'));
  const { cursor } = await readAll(backend, NEW_CURSOR);
  await source.value.reportCursor(STORE, cursor);
  const heldBytes = (): number | undefined =>
    writer.status().consumers.find(({ name }) => name === STORE.name)?.heldBytes;
  // A report may travel by a slow disk.
  for (let round = 0; round < RECLAIM_ROUNDS_MAX && heldBytes() !== 0; round += 1) await backend.reclaim();
  const status = writer.status();
  assert.equal(status.state, 'open');
  assert.equal(status.records, 4);
  assert.equal(status.accepted['otlp-logs'], 12);
  assert.equal(status.failedSyncs, 0);
  const consumer = status.consumers.find((candidate) => candidate.name === STORE.name);
  assert.equal(consumer?.heldBytes, 0);
  assert.deepEqual(consumer.cursor.delivered, cursor.delivered);
}

async function closesTheDoor(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter({ bytesMax: 16_384, consumers: [STORE] });
  let kept = 0;
  const refused = await untilRefused(async () => {
    await writer.append(draft('f'.repeat(1000)));
    kept += 1;
  });
  assert.ok(isCoded(refused, 'PLIM_JOURNAL_FULL') && refused.canRetry);
  assert.ok(kept >= 12, `only ${kept} fitted`);
  const { records, cursor } = await readAll(backend, NEW_CURSOR);
  assert.equal(records.length, kept);
  await using source = disposable(await backend.openSource());
  await source.value.reportCursor(STORE, cursor);
  let isFull = true;
  // Here, too, the report may travel by a slow disk.
  for (let round = 0; round < RECLAIM_ROUNDS_MAX && isFull; round += 1) {
    await backend.reclaim();
    isFull = await isRefusedAsFull(writer.append(draft('fits again')));
  }
  assert.ok(!isFull, 'what was read makes room');
}

async function isRefusedAsFull(appended: Promise<unknown>): Promise<boolean> {
  try {
    await appended;
    return false;
  } catch (error) {
    if (isCoded(error, 'PLIM_JOURNAL_FULL')) return true;
    throw error;
  }
}

async function losesByRetention(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter({ bytesMax: 16_384, consumers: [EXPORTER] });
  for (let index = 0; index < 100; index += 1) {
    await writer.append(draft('x'.repeat(1000), { items: 2 }));
    if (index % 50 === 49) await backend.reclaim();
  }
  const { records, cursor } = await readAll(backend, NEW_CURSOR, 100_000, EXPORTER);
  assert.ok(records.length > 0 && records.length < 100, `${records.length} were left`);
  assert.equal(cursor.dropped['retention']?.['otlp-logs'], 2 * (100 - records.length));
  assert.deepEqual(residual(cursor), NO_ITEMS);
  assert.deepEqual(cursor.accepted, writer.status().accepted);
}

async function skipsDamage(backend: JournalBackend): Promise<void> {
  await using writer = await backend.openWriter();
  const offsets: number[] = [];
  for (let index = 0; index < 5; index += 1)
    offsets.push((await writer.append(draft(`damage ${index}`, { items: 10 }))).offset);
  await backend.damage(offsets[2] ?? 0);
  const { records, cursor } = await readAll(backend, NEW_CURSOR);
  assert.deepEqual(
    records.map((record) => record.text),
    ['damage 0', 'damage 1', 'damage 3', 'damage 4'],
  );
  assert.deepEqual(cursor.dropped, { corrupt: { ...NO_ITEMS, 'otlp-logs': 10 } });
  assert.deepEqual(residual(cursor), NO_ITEMS);
}
