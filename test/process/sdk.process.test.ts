/**
 * The SDK in front of real applications: at each of the six ends of a process,
 * as ES module, CommonJS and TypeScript, every span and log record that had
 * ended arrives, and the process ends as it would have without the SDK. A
 * collector that is away, slow or talks nonsense changes nothing of that.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { OtlpSink, type Behaviour } from '#test/support/otlp-sink.ts';
import { runApp, WITH_SDK } from '#test/support/sdk-app.ts';

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
/** Half a second of flush or one of last words, on top of a run on a busy machine. */
const RUN_MS_MAX = 5000;

function only<Item>(items: readonly Item[]): Item {
  const [item] = items;
  ok(item !== undefined && items.length === 1, `expected one, got ${items.length}`);
  return item;
}

describe('six ends, three kinds of module', { concurrency: 3 }, () => {
  for (const app of APPS) {
    for (const end of ENDS) {
      test(`${app.slice(app.lastIndexOf('.') + 1)}, ${end}: everything that ended arrives`, async () => {
        await using sink = await OtlpSink.start();
        const run = await runApp(app, { args: [end], env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url } });
        equal(run.status, STATUSES[end], run.stderr);
        checkArrivals(sink);
        equal(run.stdout.match(/"msg":"asked"/g)?.length, REQUESTS, 'and every line is on standard output');
        equal(/do not tell/.test(run.stdout), false, 'a secret was logged');
        const isCrash = end === 'exception' || end === 'rejection';
        equal(sink.logs.filter(({ severity }) => severity === 21).length, isCrash ? 1 : 0);
        equal(/nobody catches this/.test(run.stderr), isCrash, 'Node still says what ended it');
      });
    }
  }
});

/** What arrived, each once. */
function bySpan<T extends { readonly spanId: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.spanId, item])).values()];
}

/** Of each request both spans and the log line, joined. */
function checkArrivals(sink: OtlpSink): void {
  // A batch on its way when the process ends is sent again: nobody is left to hear its answer.
  const spans = bySpan(sink.spans);
  equal(spans.length, 2 * REQUESTS, 'each span');
  const asked = bySpan(sink.logs.filter(({ body }) => body === 'asked'));
  equal(asked.length, REQUESTS, 'each record');
  for (const server of spans.filter(({ kind }) => kind === 2)) {
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

describe('without last words', { concurrency: 2 }, () => {
  test('a process that may not start threads loses what had not been sent, and ends as told', async () => {
    await using sink = await OtlpSink.start();
    const run = await runApp(APPS[0] ?? '', {
      args: ['exit'],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
      flags: ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', ...WITH_SDK],
    });
    equal(run.status, STATUSES.exit, run.stderr);
    // Whatever had waited its 200 ms was sent in time; the rest is what last words are for.
    ok(sink.spans.length < 2 * REQUESTS, `${sink.spans.length} spans arrived without last words`);
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
    test(`it ${trouble}: all requests are served and the ends stay what they are`, async () => {
      await using sink = await OtlpSink.start();
      sink.behaviour = behaviour;
      for (const end of ends) await checkUnhurt(sink.url, end);
    });
  }

  test('it is away: so it is said, once for each signal', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const address = closed.address();
    await new Promise((resolve) => closed.close(resolve));
    const port = typeof address === 'object' ? address?.port : undefined;
    const output = await checkUnhurt(`http://127.0.0.1:${port}`, 'SIGTERM');
    equal(output.match(/spans do not arrive at .*ECONNREFUSED/g)?.length, 1, output);
    equal(output.match(/log records do not arrive at /g)?.length, 1, output);
  });
});

/** @returns what the application wrote */
async function checkUnhurt(url: string, end: End): Promise<string> {
  const run = await runApp(APPS[0] ?? '', { args: [end], env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } });
  deepEqual([run.status, run.stderr], [STATUSES[end], '']);
  equal(run.stdout.match(/"msg":"asked"/g)?.length, REQUESTS);
  ok(run.tookMs < RUN_MS_MAX, `${end} took ${run.tookMs} ms`);
  return run.stdout;
}
