/**
 * Two collectors over one journal on Kafka export the same data: together they
 * send everything once, through kills and restarts of one of them. What a store
 * with ids holds is there exactly once; what one without ids was sent is there.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { refresh } from '#test/engines/elasticsearch-backend.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing, type Engine } from '#test/engines/engine.ts';
import { startKafka } from '#test/engines/kafka.ts';
import { getJson, OtlpSender } from '#test/support/client.ts';
import { buildLogs } from '#test/support/otlp.ts';
import { OtlpSink } from '#test/support/otlp-sink.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { TRIES_MAX } from '#test/support/promptly.ts';
import { until } from '#test/support/wait.ts';

const WAIT_MS_MAX = 60_000;
const LOGS_A_REQUEST = 5;
const INSTANCES = 16;
const DOCUMENTS_MAX = 10_000;
/** Slow enough that all documents fit into one answer. */
const PAUSE_MS = 40;

const [kafka, elasticsearch] = await Promise.all([startKafka(), startElasticsearch()]);
const missing = [kafka, elasticsearch].filter(isMissing).map((one) => one.missing);
after(async () => {
  for (const engine of [kafka, elasticsearch]) if (!isMissing(engine)) await engine[Symbol.asyncDispose]();
});

/** A topic of its own, two collectors on it, and a destination without ids. */
class World implements AsyncDisposable {
  readonly sink: OtlpSink;
  readonly acknowledged = new Set<string>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'plimsoll-exporters-shared-'));
  readonly #kafka: Engine;
  readonly #topic = `shared-${crypto.randomUUID()}`;
  readonly #collectors = new Map<string, Program>();
  readonly #stop = new AbortController();
  #loading: Promise<unknown> = Promise.resolve();
  #count = 0;

  private constructor(broker: Engine, sink: OtlpSink) {
    this.#kafka = broker;
    this.sink = sink;
  }

  static async open(broker: Engine): Promise<World> {
    return new World(broker, await OtlpSink.start());
  }

  async start(name: string, exporters: string): Promise<Program> {
    const program = await startPlimsoll({
      command: 'collector',
      dataDirectory: join(this.#folder, name),
      configText: `journal:
  kafka: { brokers: ['${this.#kafka.url}'], topic: ${this.#topic}, partitions: 4 }
exporters:
${exporters}`,
    });
    this.#collectors.set(name, program);
    return program;
  }

  collector(name: string): Program {
    const program = this.#collectors.get(name);
    assert.ok(program !== undefined);
    return program;
  }

  /** Sends to each of the collectors of the moment, one request after the other, until {@link endLoad}. */
  load(names: readonly string[]): void {
    this.#loading = Promise.all(names.map((name) => this.#sendTo(name)));
  }

  async endLoad(): Promise<void> {
    this.#stop.abort();
    await this.#loading;
  }

  async #sendTo(name: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      using sender = new OtlpSender(this.collector(name).otlpHttp);
      const texts = Array.from({ length: LOGS_A_REQUEST }, () => `item ${(this.#count += 1)}`);
      const logs = texts.map((body) => ({ nanos: BigInt(Date.now()) * 1_000_000n, body }));
      const resource = { 'service.instance.id': `i${this.#count % INSTANCES}` };
      const answer = await sender.post('logs', buildLogs({ resource, logs })).catch(() => undefined);
      if (answer?.status === 200) for (const text of texts) this.acknowledged.add(text);
      await sleep(PAUSE_MS);
    }
  }

  /** Of what the sink was sent: how much never came, and how much more than once. */
  async arrived(): Promise<Compared> {
    const isThere = (): boolean => {
      const found = new Set(this.sink.logs.map(({ body }) => body));
      return [...this.acknowledged].every((text) => found.has(text));
    };
    await until('everything at the sink', isThere, { timeoutMs: WAIT_MS_MAX, everyMs: 200 }).catch(() => {});
    // What comes a second time has come by then.
    await sleep(2000);
    return this.compared();
  }

  compared(): Compared {
    return compare(
      this.acknowledged,
      this.sink.logs.map(({ body }) => String(body)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endLoad();
    for (const program of this.#collectors.values()) await program[Symbol.asyncDispose]();
    await this.sink[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface Compared {
  readonly lost: number;
  readonly doubled: number;
}

function compare(wanted: ReadonlySet<string>, found: readonly string[]): Compared {
  const distinct = new Set(found);
  return {
    lost: [...wanted].filter((text) => !distinct.has(text)).length,
    doubled: found.length - distinct.size,
  };
}

async function documentsIn(url: string, logs: string): Promise<string[]> {
  await refresh(url, { logs, traces: logs });
  const answer = await fetch(`${url}/${logs}/_search?size=${DOCUMENTS_MAX}&_source=body.text`);
  const { hits } = (await answer.json()) as {
    readonly hits?: { readonly hits: readonly { readonly _source: { readonly body: { text: string } } }[] };
  };
  return hits?.hits.map(({ _source }) => _source.body.text) ?? [];
}

async function unbalanced(program: Program): Promise<readonly string[]> {
  const ledger = await getJson<{ rows: { consumer: string; signal: string; residual: number }[] }>(
    program.origin,
    '/api/plimsoll/v1/ledger',
  );
  assert.ok(ledger !== undefined && ledger.rows.length > 0);
  return ledger.rows
    .filter(({ residual }) => residual !== 0)
    .map(({ consumer, signal, residual }) => `${consumer} ${signal} ${residual}`);
}

async function sharesOf(program: Program): Promise<number> {
  const path = '/api/plimsoll/v1/ledger';
  const ledger = await getJson<{ exporters: { share?: number[] }[] }>(program.origin, path);
  return Math.min(...(ledger?.exporters ?? []).map(({ share }) => share?.length ?? -1));
}

async function untilShared(...programs: readonly Program[]): Promise<void> {
  await until(
    'each to have a share',
    async () => (await Promise.all(programs.map(sharesOf))).every((partitions) => partitions > 0),
    { timeoutMs: WAIT_MS_MAX },
  );
}

function engines(t: TestContext): readonly [Engine, Engine] | undefined {
  if (!isMissing(kafka) && !isMissing(elasticsearch)) return [kafka, elasticsearch];
  t.skip(missing.join('; '));
  return undefined;
}

const toSink = ({ sink }: World, name = 'otlphttp'): string => `  ${name}:
    endpoint: ${sink.url}
    retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }
`;

void test('a collector killed amid load: nothing lost, and nothing double where items have ids', async (t) => {
  const found = engines(t);
  if (found === undefined) return;
  const [broker, { url }] = found;
  await using world = await World.open(broker);
  const index = `logs-shared${process.pid}.otel-test`;
  const exporters = `${toSink(world)}  elasticsearch: { endpoint: '${url}', logs_index: ${index} }\n`;
  const [a, b] = await Promise.all([world.start('a', exporters), world.start('b', exporters)]);
  await untilShared(a, b);
  world.load(['a', 'b']);
  await sleep(3000);
  await a.kill();
  await sleep(1000);
  await world.start('a', exporters);
  await untilShared(world.collector('a'), b);
  await sleep(1500);
  await until('enough to have been sent', () => world.acknowledged.size > 500, { timeoutMs: WAIT_MS_MAX });
  await world.endLoad();
  const { lost, doubled } = await world.arrived();
  t.diagnostic(`${world.acknowledged.size} acknowledged; at the sink ${lost} lost, ${doubled} double`);
  assert.equal(lost, 0);
  await until(
    'everything in Elasticsearch',
    async () => compare(world.acknowledged, await documentsIn(url, index)).lost === 0,
    { timeoutMs: WAIT_MS_MAX, everyMs: 500 },
  );
  assert.deepEqual(compare(world.acknowledged, await documentsIn(url, index)), { lost: 0, doubled: 0 });
  let wrong: readonly string[] = [];
  const isBalanced = async (): Promise<boolean> => (wrong = await unbalanced(b)).length === 0;
  await until('the books to balance', isBalanced, { timeoutMs: WAIT_MS_MAX, detail: () => wrong.join(', ') });
});

void test('one that leaves and one that comes repeat nothing', async (t) => {
  const found = engines(t);
  if (found === undefined) return;
  // A machine that stands still may have the stop cut short, and what was on its way is sent again.
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const { acknowledged, exitCode, lost, doubled } = await leaveAndCome(found[0]);
    t.diagnostic(`${acknowledged} acknowledged; ${lost} lost, ${doubled} double; stopped with ${exitCode}`);
    assert.equal(lost, 0);
    if (doubled === 0 && exitCode === 0) return;
  }
  assert.fail(`something was repeated, or the stop cut short, in each of ${TRIES_MAX} tries`);
});

interface LeftAndCame extends Compared {
  readonly acknowledged: number;
  readonly exitCode: number | null;
}

async function leaveAndCome(broker: Engine): Promise<LeftAndCame> {
  await using world = await World.open(broker);
  const exporters = toSink(world);
  await Promise.all([world.start('a', exporters), world.start('b', exporters)]);
  await untilShared(world.collector('a'), world.collector('b'));
  world.load(['a', 'b']);
  await sleep(1000);
  const exitCode = await world.collector('a').stop();
  await sleep(1000);
  await world.start('a', exporters);
  await untilShared(world.collector('a'), world.collector('b'));
  await sleep(1000);
  await world.endLoad();
  return { ...(await world.arrived()), acknowledged: world.acknowledged.size, exitCode };
}

void test('negative control: each with cursors of its own sends everything', async (t) => {
  const found = engines(t);
  if (found === undefined) return;
  await using world = await World.open(found[0]);
  for (const name of ['a', 'b']) await world.start(name, toSink(world, `otlphttp/${name}`));
  await untilShared(world.collector('a'), world.collector('b'));
  world.load(['a', 'b']);
  await sleep(1000);
  await world.endLoad();
  await until('everything twice', () => world.compared().doubled >= world.acknowledged.size, {
    timeoutMs: WAIT_MS_MAX,
    detail: () => `${world.compared().doubled} double of ${world.acknowledged.size}`,
  });
  assert.equal(world.compared().lost, 0);
});
