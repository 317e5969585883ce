/**
 * The SDK in front of real applications: at each of the six ends of a process,
 * as ES module, CommonJS and TypeScript, every span and log record that had
 * ended arrives, and the process ends as it would have without the SDK. A
 * collector that is away, slow or talks nonsense changes nothing of that.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { systemRandom } from '#base/real/random.ts';
import { freePorts } from '#bin/demo/free-ports.ts';
import { eachOnce, OtlpSink, type Behaviour, type SinkLog, type SinkSpan } from '#test/support/otlp-sink.ts';
import { promptly } from '#test/support/promptly.ts';
import { arriving, runApp, WITH_SDK } from '#test/support/sdk-app.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const APPS = [
  join(FIXTURES, 'sdk-app.mjs'),
  join(FIXTURES, 'sdk-app.cjs'),
  join(import.meta.dirname, '..', 'fixtures', 'sdk-app.ts'),
];
const REQUESTS = 10;
/** How each end shows without any SDK. */
const STATUSES = {
  natural: 0,
  SIGTERM: 'SIGTERM',
  SIGINT: 'SIGINT',
  exception: 1,
  rejection: 1,
  exit: 7,
} as const;
type End = keyof typeof STATUSES;
const ENDS = Object.keys(STATUSES) as End[];
/** Half a second of flush or one of last words, on top of a run on a busy machine. Who waits for an answer waits 10 s. */
const RUN_MS_MAX = 9000;

function only<Item>(items: readonly Item[]): Item {
  const [item] = items;
  ok(item !== undefined && items.length === 1, `expected one, got ${items.length}`);
  return item;
}

describe('six ends, three kinds of module', { concurrency: 2 }, () => {
  for (const app of APPS) {
    for (const end of ENDS) {
      test(`${app.slice(app.lastIndexOf('.') + 1)}, ${end}: everything that ended arrives`, async (t) => {
        checkJoined(await arriving(t, expectedAt(end), () => runTo(end, app)));
      });
    }
  }
});

interface Arrived {
  readonly spans: readonly SinkSpan[];
  /** The handler's log records. */
  readonly asked: readonly SinkLog[];
  readonly crashes: readonly SinkLog[];
}

function isCrash(end: End): boolean {
  return end === 'exception' || end === 'rejection';
}

function expectedAt(end: End): Record<keyof Arrived, number> {
  return { spans: 2 * REQUESTS, asked: REQUESTS, crashes: isCrash(end) ? 1 : 0 };
}

/** One run, with what does not depend on the collector checked. */
async function runTo(end: End, app: string, env: Readonly<Record<string, string>> = {}): Promise<Arrived> {
  await using sink = await OtlpSink.start();
  const run = await runApp(app, { args: [end], env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url } });
  equal(run.status, STATUSES[end], run.stderr);
  equal(run.stdout.match(/"msg":"asked"/g)?.length, REQUESTS, 'and every line is on standard output');
  equal(/do not tell/.test(run.stdout), false, 'a secret was logged');
  equal(/nobody catches this/.test(run.stderr), isCrash(end), 'Node still says what ended it');
  const logs = eachOnce(sink.logs);
  return {
    spans: eachOnce(sink.spans),
    asked: logs.filter(({ body }) => body === 'asked'),
    crashes: logs.filter(({ severity }) => severity === 21),
  };
}

/** Of each request both spans and the log line, joined. */
function checkJoined({ spans, asked }: Arrived): void {
  const servers = spans.filter(({ kind }) => kind === 2);
  equal(servers.length, REQUESTS);
  for (const server of servers) {
    equal(server.name, 'GET /q/:id');
    equal(server.attributes['http.route'], '/q/:id');
    equal(server.attributes['http.response.status_code'], 200);
    equal(server.resource['service.name'], 'sdk-app');
    equal(typeof server.resource['process.pid'], 'number');
    const client = only(spans.filter(({ spanId }) => spanId === server.parentSpanId));
    deepEqual([client.kind, client.traceId], [3, server.traceId]);
    const record = only(asked.filter(({ spanId }) => spanId === server.spanId));
    equal(record.traceId, server.traceId);
    equal(record.attributes['password'], '[redacted]');
    equal(record.resource['service.name'], 'sdk-app');
  }
}

/** Longer than any run: nothing is sent before the end. */
const LATE = { OTEL_BSP_SCHEDULE_DELAY: '60000', OTEL_BLRP_SCHEDULE_DELAY: '60000' };

describe('without last words', { concurrency: 2 }, () => {
  test('with them all arrives, even when nothing was sent before the end', async (t) => {
    await arriving(t, expectedAt('exit'), () => runTo('exit', APPS[0] ?? '', LATE));
  });

  test('a process that may not start threads loses what had not been sent, and ends as told', async () => {
    await using sink = await OtlpSink.start();
    const run = await runApp(APPS[0] ?? '', {
      args: ['exit'],
      env: { ...LATE, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
      flags: ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', ...WITH_SDK],
    });
    equal(run.status, STATUSES.exit, run.stderr);
    equal(sink.spans.length, 0, 'spans arrived without last words');
  });

  test('without the SDK the ends are the same', async () => {
    const runs = await Promise.all(ENDS.map((end) => runApp(APPS[0] ?? '', { flags: [], args: [end] })));
    deepEqual(Object.fromEntries(runs.map(({ status }, index) => [ENDS[index], status])), STATUSES);
  });
});

const NEVER: Behaviour = () => true;
const UNAVAILABLE: Behaviour = (_request, response) => {
  response.writeHead(503, { 'retry-after': '1' }).end();
  return true;
};
const NONSENSE: Behaviour = (_request, response) => {
  response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n');
  return true;
};
const REFUSAL: Behaviour = (_request, response) => {
  response.writeHead(400, { 'content-type': 'text/html' }).end('<h1>not here</h1>');
  return true;
};
/** Where nothing comes back, both ways of waiting for it are tried. */
const TROUBLES: Readonly<Record<string, readonly [Behaviour, ...End[]]>> = {
  'never answers': [NEVER, 'SIGTERM', 'exit'],
  'answers 503': [UNAVAILABLE, 'SIGTERM'],
  'talks nonsense': [NONSENSE, 'exit'],
  'refuses with 400': [REFUSAL, 'SIGTERM'],
};

describe('a collector in trouble', { concurrency: 3 }, () => {
  for (const [trouble, [behaviour, ...ends]] of Object.entries(TROUBLES)) {
    test(`it ${trouble}: all requests are served and the ends stay what they are`, async (t) => {
      await using sink = await OtlpSink.start();
      sink.behaviour = behaviour;
      for (const end of ends) await checkUnhurt(t, sink.url, end);
    });
  }

  test('it is away: so it is said, once for each signal', async (t) => {
    const [port] = await freePorts(1, systemRandom);
    await arriving(t, { spans: 1, logRecords: 1 }, async () => {
      const output = await checkUnhurt(t, `http://127.0.0.1:${port}`, 'SIGTERM');
      return {
        spans: output.match(/spans do not arrive at .*ECONNREFUSED/g) ?? [],
        logRecords: output.match(/log records do not arrive at /g) ?? [],
      };
    });
  });
});

/** @returns what the application wrote */
async function checkUnhurt(t: TestContext, url: string, end: End): Promise<string> {
  let output = '';
  await promptly(t, `the end by ${end}`, RUN_MS_MAX, async () => {
    const run = await runApp(APPS[0] ?? '', { args: [end], env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } });
    deepEqual([run.status, run.stderr], [STATUSES[end], '']);
    equal(run.stdout.match(/"msg":"asked"/g)?.length, REQUESTS);
    output = run.stdout;
    return run.tookMs;
  });
  return output;
}
