/**
 * The package as it is published: built, packed, unpacked elsewhere, and put in
 * front of plain JavaScript, as ES module and as CommonJS. A compiler finds its
 * types.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eachOnce, OtlpSink, type SinkLog, type SinkSpan } from '#test/support/otlp-sink.ts';
import { arriving, runApp } from '#test/support/sdk-app.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BUILD = join(import.meta.dirname, '..', '..', 'sdk', 'build.ts');
const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const MODULES = join(ROOT, 'node_modules');
/** What its package.json asks for, and the application's own. */
const INSTALLED = ['@opentelemetry', '@types', 'express', 'import-in-the-middle', 'pino', 'prom-client'];
const LIMIT_MS = 30_000;

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-package-'));
  const [built, home] = [join(folder, 'built'), join(folder, 'node_modules', '@plimsoll', 'sdk')];
  const quiet = { timeout: LIMIT_MS, stdio: ['ignore', 'ignore', 'pipe'] as const };
  execFileSync(process.execPath, [BUILD, built], { ...quiet, stdio: [...quiet.stdio] });
  execFileSync('npm', ['pack', '--offline', '--pack-destination', folder, built], {
    ...quiet,
    stdio: [...quiet.stdio],
  });
  mkdirSync(home, { recursive: true });
  const [tarball = ''] = globSync('*.tgz', { cwd: folder });
  execFileSync('tar', ['-xzf', join(folder, tarball), '-C', home, '--strip-components=1']);
  for (const name of INSTALLED) symlinkSync(join(MODULES, name), join(folder, 'node_modules', name));
  for (const name of ['sdk-app.mjs', 'sdk-app.cjs', 'sdk-app-end.mjs']) {
    copyFileSync(join(FIXTURES, name), join(folder, name));
  }
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

for (const app of ['sdk-app.mjs', 'sdk-app.cjs']) {
  test(`${app} with the published package: everything arrives, nothing is said`, async (t) => {
    const { spans } = await arriving(t, { spans: 20, logs: 10 }, () => runQuietly(app, 7, 'exit'));
    ok(spans.every(({ attributes, kind }) => kind !== 2 || attributes['http.route'] === '/q/:id'));
  });
}

interface Arrived {
  readonly spans: readonly SinkSpan[];
  readonly logs: readonly SinkLog[];
}

async function runQuietly(app: string, status: number, ...args: string[]): Promise<Arrived> {
  await using sink = await OtlpSink.start();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
  const run = await runApp(join(folder, app), { args, cwd: folder, env });
  deepEqual([run.status, run.stderr], [status, '']);
  return { spans: eachOnce(sink.spans), logs: eachOnce(sink.logs) };
}

/** The outside of kafkajs as far as the instrumentation touches it; the broker behind it is nobody's here. */
const KAFKAJS = `
  class Kafka {
    producer() { return { events: {}, on() {}, send: async () => [], sendBatch: async () => [], transaction: async () => ({}) }; }
    consumer() { return { events: {}, on() {}, run: async () => {} }; }
  }
  module.exports = { Kafka };
`;
const SENDING = `
  const producer = new Kafka().producer();
  producer.send({ topic: 'shipments', messages: [{ value: 'x' }] }).then(() => process.exit(0));
`;

test('kafkajs is instrumented where it is loaded, as either kind of module', async (t) => {
  const home = join(folder, 'node_modules', 'kafkajs');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"name":"kafkajs","version":"2.2.4","main":"index.js"}');
  writeFileSync(join(home, 'index.js'), KAFKAJS);
  writeFileSync(join(folder, 'kafka.mjs'), `import { Kafka } from 'kafkajs';${SENDING}`);
  writeFileSync(join(folder, 'kafka.cjs'), `const { Kafka } = require('kafkajs');${SENDING}`);
  for (const app of ['kafka.mjs', 'kafka.cjs']) {
    const { spans } = await arriving(t, { spans: 1 }, () => runQuietly(app, 0));
    deepEqual(
      spans.map(({ name, kind }) => [name, kind]),
      [['send shipments', 4]],
      app,
    );
  }
});

test('it holds what it needs and nothing else', () => {
  const files = globSync('**/*.*', { cwd: join(folder, 'node_modules', '@plimsoll', 'sdk') });
  ok(files.includes('index.js') && files.includes('index.d.ts') && files.includes('README.md'));
  deepEqual(
    files.filter((file) => /\.test\.|(?<!\.d)\.ts$|build/.test(file)),
    [],
  );
});

test('a compiler finds its types', () => {
  const app = `
    import { logger, metrics, serve, start, withSpan, type Serving } from '@plimsoll/sdk';
    start({ serviceName: 'x' });
    metrics.counter({ name: 'a_total', help: 'A.', labelNames: ['b'] }).inc({ b: 'c' });
    const length: number = withSpan('work', {}, () => 'text').length;
    logger.info({ length }, 'done');
    const serving: Serving = await serve((_request, response) => response.end(), { host: '127.0.0.1', port: 0 });
    await serving.close();
  `;
  writeFileSync(join(folder, 'app.mts'), app);
  const options = { strict: true, module: 'nodenext', target: 'esnext', noEmit: true, types: ['node'] };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, skipLibCheck: true }, files: ['app.mts'] }),
  );
  const compiler = join(MODULES, 'typescript', 'bin', 'tsc');
  const output = execFileSync(process.execPath, [compiler, '--project', folder], { encoding: 'utf8' });
  equal(output, '');
});
