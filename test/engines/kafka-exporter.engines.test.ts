/**
 * The exporter `kafka` and a real broker: what the topics hold is what was sent,
 * each item once, through outages of the broker and answers that are lost.
 */
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import type { KafkaExporterConfig } from '#collector/exporters/kafka/config.ts';
import { RECORD_HEADER } from '#collector/exporters/kafka/core/shipment.ts';
import { createKafkaExporter } from '#collector/exporters/kafka/exporter.ts';
import { ExportError, type Exporter } from '#collector/exporters/ports.ts';
import type { StoredMessage } from '#journal/kafka/client.ts';
import { DEFAULT_KAFKA_CONFIG } from '#journal/kafka/config.ts';
import { KafkaLink } from '#journal/kafka/kafkajs/link.ts';
import { settingsOf } from '#journal/kafka/settings.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { isMissing, type Engine } from '#test/engines/engine.ts';
import { withAdmin } from '#test/engines/kafka-journal.ts';
import { makeTopics, startKafka } from '#test/engines/kafka.ts';
import { journalRecord } from '#test/support/journal-records.ts';
import { LogsRequest } from '#test/support/otlp-proto.ts';
import { until } from '#test/support/wait.ts';
import { buildLogs, buildMetrics, buildTraces } from '#test/support/otlp.ts';

const PARTITIONS = 3;
/** A request may take half of it: most tests send once and allow no second try. */
const TIMEOUT_MS = 20_000;
const FETCH_BYTES = 8 * 2 ** 20;
/** A broker that is killed may come back only when its registration has expired. */
const BACK_MS_MAX = 60_000;
const { signal } = new AbortController();

/** In front of the broker: answers can be kept from whoever asked. */
class Gate {
  isMute = false;
  /** Port of the broker. */
  target = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((near) => this.#join(near));
  }

  static async open(): Promise<Gate> {
    const gate = new Gate();
    await new Promise<void>((resolve) => gate.#server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What was kept never comes. */
  unmute(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.isMute = false;
  }

  close(): void {
    this.#server.close();
    this.unmute();
  }

  #join(near: Socket): void {
    const far = connect(this.target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      if (!this.isMute) near.write(bytes);
    });
  }
}

const gate = await Gate.open();
const kafka = await startKafka({
  properties: {
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${gate.port}`,
    // It is killed here, and asked without a second try: less than Kafka's 9 s, more than a machine stands still.
    'broker.session.timeout.ms': '6000',
  },
});
after(async () => {
  gate.close();
  if (!isMissing(kafka)) await kafka[Symbol.asyncDispose]();
});

let topics = 0;

/** Topics of its own, of three partitions each. */
async function newTopics(broker: Engine, config: Record<string, string> = {}): Promise<KafkaExporterConfig> {
  topics += 1;
  const names = {
    'otlp-traces': `spans-${topics}`,
    'otlp-metrics': `metrics-${topics}`,
    'otlp-logs': `logs-${topics}`,
  };
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const wanted = Object.values(names).map((topic) => ({ topic, numPartitions: PARTITIONS, configEntries }));
  await withAdmin(broker, (admin) => makeTopics(admin, wanted));
  return {
    common: { ...COMMON_DEFAULT, timeoutMs: TIMEOUT_MS },
    connection: { brokers: [broker.url], clientId: 'test', tls: undefined, sasl: undefined },
    topics: names,
    headers: {},
    messageBytesMax: 1_000_000,
    compression: 'none',
    letsMakeTopics: false,
  };
}

function exporterOf(config: KafkaExporterConfig, more: { readonly keepsProducer?: boolean } = {}): Exporter {
  return createKafkaExporter({ config, clock: systemClock, log: silentLogger, ...more });
}

/** Everything that stands in a topic, by partition. */
async function read(broker: Engine, topic: string): Promise<StoredMessage[][]> {
  const link = new KafkaLink(
    settingsOf({ ...DEFAULT_KAFKA_CONFIG, brokers: [broker.url], timeoutMs: TIMEOUT_MS }),
    topic,
  );
  const found: StoredMessage[][] = [];
  try {
    const facts = await link.partitions();
    const ends = await link.offsets(
      'next',
      facts.map(({ partition }) => partition),
    );
    for (const { partition, leader } of facts) {
      const messages: StoredMessage[] = [];
      const end = ends.get(partition) ?? 0;
      for (let next = 0; next < end;) {
        const from = new Map([[partition, next]]);
        const [one] = await link.fetch({ leader, from, maxWaitMs: 100, bytesMax: FETCH_BYTES });
        messages.push(...(one?.messages ?? []));
        next = one?.next ?? end;
      }
      found.push(messages);
    }
    return found;
  } finally {
    link.close();
  }
}

function textsOf({ value }: StoredMessage): string[] {
  const { resourceLogs = [] } = LogsRequest.toObject(LogsRequest.decode(value)) as {
    resourceLogs?: { scopeLogs: { logRecords: { body: { stringValue: string } }[] }[] }[];
  };
  return resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body.stringValue)),
  );
}

async function textsIn(broker: Engine, config: KafkaExporterConfig): Promise<string[]> {
  return (await read(broker, config.topics['otlp-logs'])).flat().flatMap(textsOf);
}

let sequence = 0;

function logs(texts: readonly string[], instance = `i${sequence}`): JournalRecord {
  sequence += 1;
  const resource = { 'service.instance.id': instance };
  const body = buildLogs({ resource, logs: texts.map((text) => ({ nanos: 1n, body: text })) });
  return journalRecord(sequence, 'otlp-logs', texts.length, body);
}

async function sendAll(exporter: Exporter, records: readonly JournalRecord[]): Promise<number> {
  const deadlineMs = performance.now() + BACK_MS_MAX;
  for (let failures = 0; ; failures += 1) {
    try {
      const { refused } = await exporter.export({ records, mayRepeat: failures > 0, signal });
      assert.deepEqual(refused, []);
      return failures;
    } catch (error) {
      if (!(error instanceof ExportError) || performance.now() > deadlineMs) throw error;
      await sleep(100);
    }
  }
}

function exporterTests(broker: Engine): void {
  void test('each signal is in its topic as it came, those of an instance in one partition', async () => {
    const config = { ...(await newTopics(broker)), headers: { env: 'test' }, compression: 'zstd' as const };
    await using exporter = exporterOf(config);
    const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), startNanos: 1n, endNanos: 2n };
    const spans = journalRecord(
      (sequence += 1),
      'otlp-traces',
      1,
      buildTraces({ service: 'a', spans: [span] }),
    );
    const up = { name: 'up', kind: 'gauge', points: [{ nanos: 1n, value: 1 }] } as const;
    const body = buildMetrics({ service: 'a', metrics: [up] });
    const metrics = journalRecord((sequence += 1), 'otlp-metrics', 1, body);
    const records = Array.from({ length: 20 }, (_, index) => logs([`log ${index}`], `i${index % 5}`));
    await sendAll(exporter, [spans, metrics, ...records]);
    const [stored] = (await read(broker, config.topics['otlp-traces'])).flat();
    assert.deepEqual([stored?.value, stored?.headers['env']], [Buffer.from(spans.body), Buffer.from('test')]);
    const { node, epoch } = spans.id;
    const name = stored?.headers[RECORD_HEADER] ?? new Uint8Array();
    assert.equal(Buffer.from(name).toString(), `${node}/${epoch}/${spans.id.sequence}`);
    assert.deepEqual(
      (await read(broker, config.topics['otlp-metrics'])).flat().map(({ value }) => value),
      [Buffer.from(body)],
    );
    const partitions = (await read(broker, config.topics['otlp-logs'])).map((one) => one.flatMap(textsOf));
    assert.equal(partitions.flat().length, 20);
    for (const texts of partitions) {
      const numbers = texts.map((text) => Number(text.slice(4)));
      for (const of of Map.groupBy(numbers, (number) => number % 5).values()) {
        assert.equal(of.length, 4, 'all of an instance');
        assert.deepEqual(
          of,
          of.toSorted((a, b) => a - b),
        );
      }
    }
  });

  void test('a record over the size of a message is several, and what is too large is refused alone', async () => {
    const config = { ...(await newTopics(broker)), messageBytesMax: 100_000 };
    await using exporter = exporterOf(config);
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`.padEnd(9000, 'x'));
    const record = logs([...texts, 'y'.repeat(95_000), 'end']);
    const { refused } = await exporter.export({ records: [record], mayRepeat: false, signal });
    assert.deepEqual(
      refused.map(({ ordinal, items, reason }) => [ordinal, items, reason]),
      [[50, 1, 'too_large']],
    );
    const messages = (await read(broker, config.topics['otlp-logs'])).flat();
    assert.ok(messages.length > 4 && messages.every(({ value }) => value.length <= 90_000));
    assert.deepEqual(messages.flatMap(textsOf), [...texts, 'end']);
  });

  void test('a topic that takes less than it was told gets smaller messages', async () => {
    const config = await newTopics(broker, { 'max.message.bytes': '20000' });
    await using exporter = exporterOf(config);
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(4000, 'x'));
    const records = [logs(texts, 'i'), logs(['z'.repeat(30_000), 'small'], 'i')];
    const { refused } = await exporter.export({ records, mayRepeat: false, signal });
    assert.deepEqual(
      refused.map(({ record, ordinal, reason }) => [record, ordinal, reason]),
      [[records[1]?.id, 0, 'too_large']],
    );
    assert.deepEqual(await textsIn(broker, config), [...texts, 'small']);
  });

  void test('without its topic it waits, and goes on when there is one', async () => {
    const config = await newTopics(broker);
    const topic = `late-${process.pid}`;
    const late = { ...config, topics: { ...config.topics, 'otlp-logs': topic } };
    await using exporter = exporterOf(late);
    const records = [logs(['x'])];
    await assert.rejects(exporter.export({ records, mayRepeat: false, signal }), ExportError);
    await withAdmin(broker, (admin) =>
      admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1 }] }),
    );
    await sendAll(exporter, records);
    assert.deepEqual(await textsIn(broker, late), ['x']);
  });

  for (const keepsProducer of [true, false]) {
    const what = keepsProducer
      ? 'answers that are lost double nothing'
      : 'negative control: with a new producer after a failure they do';
    void test(what, { skip: !isGated(broker) && 'the broker was started elsewhere' }, async () => {
      const config = await newTopics(broker);
      const common = { ...config.common, timeoutMs: 1000 };
      await using exporter = exporterOf({ ...config, common }, { keepsProducer });
      await sendAll(exporter, [logs(['first'])]);
      const records = ['a', 'b', 'c', 'd'].map((text) => logs([text]));
      gate.isMute = true;
      await assert.rejects(exporter.export({ records, mayRepeat: false, signal }), ExportError);
      gate.unmute();
      await sendAll(exporter, records);
      await sendAll(exporter, [logs(['last'])]);
      const texts = (await textsIn(broker, config)).toSorted();
      if (keepsProducer) assert.deepEqual(texts, ['a', 'b', 'c', 'd', 'first', 'last']);
      else assert.ok(texts.length > 6, `${texts.join()} are there`);
    });
  }

  void test('a broker that is killed and started again: nothing lost, nothing double', async (t) => {
    const config = await newTopics(broker);
    await using exporter = exporterOf(config);
    const stop = new AbortController();
    const sent: string[] = [];
    let failures = 0;
    const sending = (async () => {
      while (!stop.signal.aborted) {
        const texts = Array.from({ length: 20 }, (_, index) => `item ${sent.length + index}`);
        const records = texts.map((text, index) => logs([text], `i${index % 7}`));
        failures += await sendAll(exporter, records);
        sent.push(...texts);
      }
    })();
    const untilMore = async (): Promise<void> => {
      const goal = sent.length + 200;
      await until('more to be sent', () => sent.length >= goal, { timeoutMs: 60_000 });
    };
    for (let kill = 0; kill < 2; kill += 1) {
      await untilMore();
      await broker.kill();
      await sleep(300);
      await broker.start();
    }
    await untilMore();
    stop.abort();
    await sending;
    const found = await textsIn(broker, config);
    t.diagnostic(`${sent.length} sent, ${failures} calls failed`);
    assert.ok(failures > 0);
    assert.equal(found.length, new Set(found).size, 'each once');
    assert.deepEqual(new Set(found), new Set(sent));
  });
}

/** Whether the way to the broker leads through the gate. */
function isGated({ pid }: Engine): boolean {
  return pid !== 0;
}

if (isMissing(kafka)) {
  void test('the exporter kafka', (t) => t.skip(kafka.missing));
} else {
  gate.target = Number(kafka.url.split(':')[1]);
  void describe('the exporter kafka', () => exporterTests(kafka));
}
