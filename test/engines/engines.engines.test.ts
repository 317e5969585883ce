/**
 * The engines that come quickly: each starts, answers, survives a kill, and leaves
 * nothing behind. Elasticsearch, which does not, is in elasticsearch-kills.engines.test.ts.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { present } from '#base/invariant.ts';
import { findAmtool, startAlertmanager } from '#test/engines/alertmanager.ts';
import { type Engine } from '#test/engines/engine.ts';
import { exercise } from '#test/engines/exercise.ts';
import { askJson, send } from '#test/engines/http.ts';
import { EXPIRES_SOON } from '#test/engines/kafka-broker.ts';
import { makeTopics, startKafka } from '#test/engines/kafka.ts';
import { startMariadb } from '#test/engines/mariadb.ts';
import { findPromtool, startPrometheus } from '#test/engines/prometheus.ts';
import { runTool } from '#test/engines/tool.ts';
import { startVictoriaMetrics } from '#test/engines/victoriametrics.ts';
import { until } from '#test/support/wait.ts';

const SEEN_MS_MAX = 20_000;
/** Of a broker that is back and leads its partitions not yet; also what one that is gone is given. */
const LEADS_MS_MAX = 5000;
/** To send to a broker that the machine let stand still: for a moment it leads nothing. */
const SEND_RETRIES = 10;

function kafkaOf({ url }: Engine): Kafka {
  return new Kafka({
    brokers: [url],
    logLevel: logLevel.NOTHING,
    retry: { retries: 2, initialRetryTime: 50 },
  });
}

async function withAdmin<T>(engine: Engine, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaOf(engine).admin();
  try {
    await admin.connect();
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

test('Kafka keeps a message that it acknowledged', async (t) => {
  await exercise(t, {
    start: () => startKafka({ properties: EXPIRES_SOON }),
    async write(engine) {
      await withAdmin(engine, (admin) => makeTopics(admin, [{ topic: 'kept', numPartitions: 1 }]));
      const producer = kafkaOf(engine).producer({ retry: { retries: SEND_RETRIES } });
      await producer.connect();
      await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'x' }] });
      await producer.disconnect();
    },
    async read(engine) {
      const ask = (): Promise<string | undefined> =>
        withAdmin(engine, (admin) => admin.fetchTopicOffsets('kept')).then(
          ([partition]) => partition?.high,
          () => undefined,
        );
      assert.equal(await until('the broker to answer', ask, { timeoutMs: LEADS_MS_MAX }), '1');
    },
  });
});

/** The time of the oldest sample of `kept`, as both servers tell it; undefined before there is one. */
async function oldestSample({ url }: Engine): Promise<number | undefined> {
  interface Matrix {
    readonly data: { readonly result: readonly { readonly values: readonly [number, string][] }[] };
  }
  const answer = await askJson<Matrix>(`${url}/api/v1/query?query=kept[10m]`);
  assert.ok(answer !== undefined, 'it answers');
  return answer.data.result[0]?.values[0]?.[0];
}

test('Prometheus scrapes, and keeps the samples', async (t) => {
  await using target = createServer((_request, response) => response.end('kept 1\n'));
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const { port } = present(target.address(), 'it listens') as { port: number };
  const job = `{job_name: test, scrape_interval: 1s, static_configs: [{targets: ['127.0.0.1:${port}']}]}`;
  let oldest: number | undefined;
  await exercise(t, {
    start: () => startPrometheus({ config: `scrape_configs: [${job}]\n` }),
    async write(engine) {
      const seen = (): Promise<number | undefined> => oldestSample(engine);
      oldest = await until('the first sample', seen, { timeoutMs: SEEN_MS_MAX });
    },
    async read(engine) {
      assert.equal(await oldestSample(engine), oldest);
    },
  });
  target.closeAllConnections();
});

/** Also what a server that is gone is given to answer. */
const SEARCHED_MS_MAX = 5000;

test('VictoriaMetrics keeps the samples it was sent', async (t) => {
  await exercise(t, {
    start: startVictoriaMetrics,
    async write(engine) {
      await send(`${engine.url}/api/v1/import/prometheus`, { method: 'POST', body: 'kept 1\n' });
      // A kill takes the last seconds, by its own account; an orderly stop writes them down.
      await engine.stop();
      await engine.start();
    },
    async read(engine) {
      // What it has just read from its disk is not searched at once.
      await until('the sample', () => oldestSample(engine), { timeoutMs: SEARCHED_MS_MAX });
    },
  });
});

test('Alertmanager takes alerts', async (t) => {
  await exercise(t, {
    start: startAlertmanager,
    async read({ url }) {
      const alerts = [{ labels: { alertname: 'Test' } }];
      await send(`${url}/api/v2/alerts`, { method: 'POST', body: alerts });
      const listed = await askJson<readonly { labels: unknown }[]>(`${url}/api/v2/alerts`);
      assert.deepEqual(
        listed?.map(({ labels }) => ({ labels })),
        alerts,
      );
    },
  });
});

test('MariaDB keeps a row that it committed', async (t) => {
  await exercise(t, {
    start: startMariadb,
    async write(engine) {
      await engine.query('CREATE DATABASE kept; CREATE TABLE kept.rows (n INT); INSERT kept.rows VALUES (7)');
    },
    async read(engine) {
      assert.equal(await engine.query('SELECT n FROM kept.rows'), '7');
    },
  });
});

for (const [name, find] of [
  ['promtool', findPromtool],
  ['amtool', findAmtool],
] as const) {
  test(`${name} runs`, async (t) => {
    const program = await find();
    if (typeof program !== 'string') return t.skip(program.missing);
    assert.match(await runTool([program, '--version'], { cwd: '/', timeoutMs: SEEN_MS_MAX }), /version/);
  });
}
