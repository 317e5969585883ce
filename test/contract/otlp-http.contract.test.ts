/** The receiver against the OTLP/HTTP rules, on the disk journal, and what only our own door promises. */
import { equal, match, ok } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createGzip, gzipSync } from 'node:zlib';
import { CodedError } from '#base/errors.ts';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createMeter, type CollectingMeter } from '#base/real/metrics.ts';
import { systemRandom } from '#base/real/random.ts';
import { RECEIVERS_DEFAULT, type OtlpHttpConfig } from '#collector/config.ts';
import { startOtlpHttp, type OtlpHttpReceiver } from '#collector/receivers/otlp-http/start.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { openDiskJournal } from '#journal/disk/writer.ts';
import type { JournalWriter, RecordDraft } from '#journal/ports.ts';
import { otlpHttpConformance, PROTOBUF, statusMessage, TRACES } from '#test/contract/otlp-http.ts';
import { ask, openRaw, rawRequest } from '#test/support/raw-http.ts';

const MIB = 1024 * 1024;
const CONFIG: OtlpHttpConfig = {
  ...RECEIVERS_DEFAULT.otlp.http,
  bodyBytesMax: 4 * MIB,
  inFlightBytesMax: 16 * MIB,
  readTimeoutMs: 1000,
};
const HEADERS = { 'content-type': PROTOBUF };

interface Door {
  readonly receiver: OtlpHttpReceiver;
  readonly meter: CollectingMeter;
}

async function open(
  journal: Pick<JournalWriter, 'append'>,
  config: OtlpHttpConfig = CONFIG,
  apiKey?: string,
): Promise<Door> {
  const meter = createMeter();
  const receiver = await startOtlpHttp({
    address: { host: '127.0.0.1', port: 0 },
    config,
    apiKey,
    journal,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    meter,
  });
  return { receiver, meter };
}

/** A journal that remembers, and answers when and what the test wants. */
function scriptedJournal(answer: (draft: RecordDraft) => Promise<void> = async () => {}): {
  readonly drafts: RecordDraft[];
  append: JournalWriter['append'];
} {
  const drafts: RecordDraft[] = [];
  return {
    drafts,
    async append(draft) {
      drafts.push(draft);
      await answer(draft);
      return { id: { node: 'n', epoch: 1, sequence: drafts.length }, partition: 0, offset: 0 };
    },
  };
}

async function sample(meter: CollectingMeter, name: string, label?: string): Promise<number> {
  const family = (await meter.collect()).find((one) => one.name === name);
  const values = family?.samples.filter(
    (one) => label === undefined || Object.values(one.labels).includes(label),
  );
  return values?.reduce((sum, one) => sum + one.value, 0) ?? 0;
}

otlpHttpConformance('the receiver on the disk journal', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-otlp-'));
  const journal = await openDiskJournal({
    disk: systemDisk,
    clock: systemClock,
    random: systemRandom,
    directory: join(folder, 'journal'),
    config: DEFAULT_JOURNAL_CONFIG,
  });
  const { receiver } = await open(journal);
  return {
    url: receiver.url,
    bodyBytesMax: CONFIG.bodyBytesMax,
    readTimeoutMs: CONFIG.readTimeoutMs,
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

test('200 waits for the journal; the body is kept byte for byte', async () => {
  const gate = Promise.withResolvers<void>();
  const journal = scriptedJournal(() => gate.promise);
  const { receiver, meter } = await open(journal);
  await using _ = receiver;
  using connection = await openRaw(receiver.url);
  await connection.send(rawRequest('/v1/traces', HEADERS, TRACES));
  equal(await connection.next(200), undefined, 'not durable, not answered');
  equal(await sample(meter, 'otelcol_receiver_accepted_spans_total'), 0);
  gate.resolve();
  equal((await connection.next())?.status, 200);
  const draft = journal.drafts[0];
  equal(draft?.kind, 'otlp-traces');
  equal(draft.items, 1);
  equal(Buffer.compare(draft.body, TRACES), 0);
  equal(await sample(meter, 'otelcol_receiver_accepted_spans_total'), 1);
  equal(await sample(meter, 'plimsoll_receiver_in_flight_bytes'), 0, 'everything was given back');
});

const JOURNAL_ERRORS = [
  ['PLIM_JOURNAL_FULL', 429],
  ['PLIM_JOURNAL_FAILED', 503],
  ['PLIM_JOURNAL_CLOSED', 503],
  ['PLIM_OVERLOADED', 503],
] as const;
for (const [code, status] of JOURNAL_ERRORS) {
  test(`${code} is answered ${status} with Retry-After, and nothing counts as accepted`, async () => {
    const journal = scriptedJournal(() => Promise.reject(new CodedError(code, 'cannot keep it')));
    const { receiver, meter } = await open(journal);
    await using _ = receiver;
    const response = await ask(receiver.url, rawRequest('/v1/traces', HEADERS, TRACES));
    equal(response?.status, status);
    match(response.headers['retry-after'] ?? '', /^[1-9]\d*$/);
    match(statusMessage(response), new RegExp(code));
    equal(await sample(meter, 'otelcol_receiver_accepted_spans_total'), 0);
    equal(await sample(meter, 'plimsoll_receiver_refused_requests_total', code), 1);
  });
}

test('a bug behind the door is 500, logged, and leaves it open', async () => {
  const { receiver } = await open(
    scriptedJournal(() => Promise.reject(new TypeError('x is not a function'))),
  );
  await using _ = receiver;
  const response = await ask(receiver.url, rawRequest('/v1/traces', HEADERS, TRACES));
  equal(response?.status, 500);
  ok(!statusMessage(response).includes('x is not'), 'details stay inside');
});

test('beyond the requests in flight: 503 at once, room again after', async () => {
  const gate = Promise.withResolvers<void>();
  const config = { ...CONFIG, inFlightRequestsMax: 3 };
  const { receiver } = await open(
    scriptedJournal(() => gate.promise),
    config,
  );
  await using _ = receiver;
  const waiting = [1, 2, 3].map(() => ask(receiver.url, rawRequest('/v1/traces', HEADERS, TRACES)));
  await systemSleep(100);
  const excess = await ask(receiver.url, rawRequest('/v1/traces', HEADERS, TRACES));
  equal(excess?.status, 503);
  match(excess.headers['retry-after'] ?? '', /^[1-9]\d*$/);
  gate.resolve();
  for (const response of await Promise.all(waiting)) equal(response?.status, 200);
  equal((await ask(receiver.url, rawRequest('/v1/traces', HEADERS, TRACES)))?.status, 200);
});

test('beyond the bytes in flight: 503 on the declared size, before a byte of the body', async () => {
  const config = { ...CONFIG, inFlightBytesMax: 5 * MIB };
  const { receiver, meter } = await open(scriptedJournal(), config);
  await using _ = receiver;
  using slow = await openRaw(receiver.url);
  await slow.send(rawRequest('/v1/traces', { ...HEADERS, 'content-length': String(4 * MIB) }, 'a'));
  await systemSleep(50);
  equal(await sample(meter, 'plimsoll_receiver_in_flight_bytes'), 4 * MIB);
  using second = await openRaw(receiver.url);
  await second.send(rawRequest('/v1/traces', { ...HEADERS, 'content-length': String(2 * MIB) }));
  equal((await second.next())?.status, 503);
  equal((await ask(receiver.url, rawRequest('/v1/traces', HEADERS, TRACES)))?.status, 200, 'small ones fit');
});

test('one connection may not take all the places', async () => {
  const gate = Promise.withResolvers<void>();
  const { receiver } = await open(scriptedJournal(() => gate.promise));
  await using _ = receiver;
  using greedy = await openRaw(receiver.url);
  const one = rawRequest('/v1/traces', HEADERS, TRACES);
  await greedy.send(Buffer.concat(Array.from({ length: 40 }, () => one)));
  await systemSleep(100);
  gate.resolve();
  const statuses: (number | undefined)[] = [];
  for (let count = 0; count < 40; count += 1) statuses.push((await greedy.next())?.status);
  equal(statuses.filter((status) => status === 200).length, 16);
  equal(statuses.filter((status) => status === 503).length, 24);
});

test('a key is asked for where one is set', async () => {
  const { receiver } = await open(scriptedJournal(), CONFIG, 'a-long-key');
  await using _ = receiver;
  const without = await ask(receiver.url, rawRequest('/v1/traces', HEADERS, TRACES));
  equal(without?.status, 401);
  equal(without.headers['www-authenticate'], 'Bearer');
  const headers = { ...HEADERS, authorization: 'Bearer a-long-key' };
  equal((await ask(receiver.url, rawRequest('/v1/traces', headers, TRACES)))?.status, 200);
});

test('a foreign name or page is refused', async () => {
  const { receiver } = await open(scriptedJournal());
  await using _ = receiver;
  const foreign = [
    { host: 'evil.example' },
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign) {
    const response = await ask(receiver.url, rawRequest('/v1/traces', { ...HEADERS, ...headers }, TRACES));
    equal(response?.status, 403, JSON.stringify(headers));
  }
});

test('stopping: what is in work is finished, what comes is told to go', async () => {
  const gate = Promise.withResolvers<void>();
  const { receiver } = await open(scriptedJournal(() => gate.promise));
  using inWork = await openRaw(receiver.url);
  await inWork.send(rawRequest('/v1/traces', HEADERS, TRACES));
  await systemSleep(50);
  const stopped = receiver[Symbol.asyncDispose]();
  await inWork.send(rawRequest('/v1/traces', HEADERS, TRACES));
  await systemSleep(50);
  gate.resolve();
  const first = await inWork.next();
  equal(first?.status, 200);
  await stopped;
  equal(await inWork.closed(1000), true);
  await receiver[Symbol.asyncDispose]();
});

test('a taken port is one sentence that names the flag', async () => {
  const { receiver } = await open(scriptedJournal());
  await using _ = receiver;
  const taken = startOtlpHttp({
    address: receiver.address,
    config: CONFIG,
    journal: scriptedJournal(),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    meter: createMeter(),
  });
  const error = await taken.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  ok(error instanceof CodedError && error.code === 'PLIM_PORT_IN_USE');
  match(error.message, /--otlp-http/);
});

test('a bomb of 2 GiB at the default limit costs neither time nor memory', async (t) => {
  const { receiver } = await open(scriptedJournal(), RECEIVERS_DEFAULT.otlp.http);
  await using _ = receiver;
  const bomb = await gzipOfZeros(2048);
  const request = rawRequest('/v1/traces', { ...HEADERS, 'content-encoding': 'gzip' }, bomb);
  await ask(receiver.url, rawRequest('/v1/traces', HEADERS, TRACES));
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 2);
  const started = performance.now();
  const response = await ask(receiver.url, request);
  const elapsedMs = performance.now() - started;
  clearInterval(watch);
  peak = Math.max(peak, process.memoryUsage.rss());
  equal(response?.status, 413);
  t.diagnostic(`answered in ${elapsedMs.toFixed(0)} ms, RSS + ${((peak - before) / MIB).toFixed(1)} MiB`);
  ok(peak - before < 64 * MIB, `RSS grew by ${((peak - before) / MIB).toFixed(1)} MiB`);
  // 300 ms are the goal on an idle machine; the tests run beside others.
  ok(elapsedMs < 1500, `took ${elapsedMs.toFixed(0)} ms`);
});

test('a large honest body that shrinks a lot is taken all the same', async () => {
  const journal = scriptedJournal();
  const { receiver } = await open(journal, { ...CONFIG, bodyBytesMax: 16 * MIB, inFlightBytesMax: 32 * MIB });
  await using _ = receiver;
  const many = Buffer.concat(Array.from({ length: 60_000 }, () => TRACES));
  ok(many.length > 4 * MIB && many.length / gzipSync(many).length > 64, 'the fixture must look suspect');
  const headers = { ...HEADERS, 'content-encoding': 'gzip' };
  const response = await ask(receiver.url, rawRequest('/v1/traces', headers, gzipSync(many)));
  equal(response?.status, 200);
  equal(journal.drafts[0]?.items, 60_000);
  equal(Buffer.compare(journal.drafts[0].body, many), 0);
});

async function gzipOfZeros(mebibytes: number): Promise<Buffer> {
  const gzip = createGzip({ level: 1 });
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const zeros = Buffer.alloc(8 * MIB);
  for (let written = 0; written < mebibytes; written += 8) {
    await new Promise<void>((resolve) => gzip.write(zeros, () => resolve()));
  }
  gzip.end();
  await new Promise((resolve) => gzip.once('end', resolve));
  return Buffer.concat(chunks);
}

function systemSleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
