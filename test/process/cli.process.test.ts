/** The command line as a person meets it: clean stops, and mistakes answered in one sentence. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getJson } from '#test/support/client.ts';
import { isAlive, processTree } from '#test/support/processes.ts';
import { runPlimsoll, startPlimsoll } from '#test/support/program.ts';

/** The promise is 3 s; the launcher and a busy machine add a little. */
const STOP_MS_MAX = 3500;

const FREE_PORTS = ['--listen', '127.0.0.1:0', '--otlp-http', '127.0.0.1:0'];

let folder: string;
before(() => void (folder = mkdtempSync(join(tmpdir(), 'plimsoll-cli-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('stopping', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal}: exit 0 within 3 s, nothing left running, nothing on standard error`, async (t) => {
      const dataDirectory = join(folder, signal);
      await using program = await startPlimsoll({ dataDirectory });
      const tree = processTree(program.pid);
      ok(tree.length > 1, 'the documents store is a child process');
      const startedMs = performance.now();
      const code = await program.stop(signal);
      const elapsedMs = performance.now() - startedMs;
      t.diagnostic(`stopped in ${elapsedMs.toFixed(0)} ms`);
      equal(code, 0, program.output());
      ok(elapsedMs < STOP_MS_MAX, `took ${elapsedMs.toFixed(0)} ms`);
      deepEqual(tree.filter(isAlive), []);
      match(program.output(), /^Plimsoll is up: [^\n]+\n$/);
    });
  }

  test('the ready file is the stable interface', async () => {
    const dataDirectory = join(folder, 'ready');
    await using program = await startPlimsoll({ dataDirectory });
    const ready = JSON.parse(readFileSync(`${dataDirectory}.ready.json`, 'utf8')) as Record<string, unknown>;
    deepEqual(Object.keys(ready), ['pid', 'origin', 'otlpHttp', 'otlpGrpc', 'jaegerHttp']);
    equal(ready['otlpGrpc'], null);
    equal(ready['jaegerHttp'], null);
    match(String(ready['origin']), /^http:\/\/127\.0\.0\.1:\d+$/);
    const healthy = await fetch(`${program.origin}/-/ready`);
    equal(healthy.status, 200);
  });

  test('the collector alone starts and stops', async () => {
    await using program = await startPlimsoll({ command: 'collector', dataDirectory: join(folder, 'alone') });
    equal((await fetch(`${program.otlpHttp}/v1/traces`)).status, 405);
    equal(await program.stop(), 0, program.output());
  });
});

describe('one sentence with the way out', { concurrency: 2 }, () => {
  const cases: readonly (readonly [
    name: string,
    args: (folder: string) => string[],
    code: number,
    output: RegExp,
  ])[] = [
    ['an unknown flag', () => ['up', '--dta', 'x'], 2, /--dta .*did you mean --data\?/],
    ['an unknown command', () => ['upp'], 2, /upp.*did you mean up\?/],
    ['a flag without its value', () => ['up', '--data'], 2, /--data needs a value/],
    ['an address that is none', () => ['up', '--listen', 'here'], 2, /--listen here: expected HOST:PORT/],
    [
      'gRPC, refused by name',
      () => ['up', '--otlp-grpc', '127.0.0.1:0'],
      2,
      /--otlp-grpc is not supported yet/,
    ],
    [
      'a config file that is not there',
      () => ['up', '--config', '/nowhere.yaml'],
      2,
      /\/nowhere\.yaml does not exist/,
    ],
    [
      'a broken config, with place and nearest name',
      (root) => {
        writeFileSync(join(root, 'bad.yaml'), 'journal:\n  byts_max: 1GiB\n');
        return ['up', '--config', join(root, 'bad.yaml')];
      },
      2,
      /bad\.yaml:2:3: .*did you mean bytes_max\?/,
    ],
    [
      'grpc in the config, refused by name',
      (root) => {
        writeFileSync(join(root, 'grpc.yaml'), 'receivers:\n  otlp:\n    protocols:\n      grpc: {}\n');
        return ['up', '--config', join(root, 'grpc.yaml')];
      },
      2,
      /grpc\.yaml:4:\d+: grpc is not supported yet/,
    ],
    ['a folder of SLOs that is not there', () => ['up', '--slo', '/nowhere'], 2, /--slo \/nowhere/],
  ];
  for (const [name, args, code, output] of cases) {
    test(name, async () => {
      const ended = await runPlimsoll(args(folder));
      match(ended.output, output);
      equal(ended.code, code, ended.output);
      ok(!/\n\s+at /.test(ended.output), `no stack trace:\n${ended.output}`);
    });
  }

  test('a port in use names the flag', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const flag of ['--listen', '--otlp-http']) {
        const other = flag === '--listen' ? '--otlp-http' : '--listen';
        const data = join(folder, 'taken');
        const args = ['up', '--data', data, flag, address, other, '127.0.0.1:0'];
        const ended = await runPlimsoll(args);
        equal(ended.code, 1, ended.output);
        match(ended.output, new RegExp(`^plimsoll: ${address} is already in use; .*${flag} HOST:PORT.*\\n$`));
      }
    } finally {
      server.close();
    }
  });

  test('a data folder in use', async () => {
    const dataDirectory = join(folder, 'shared');
    await using program = await startPlimsoll({ dataDirectory });
    const ended = await runPlimsoll(['up', '--data', dataDirectory, ...FREE_PORTS]);
    equal(ended.code, 1);
    match(ended.output, /PLIM_DATA_LOCKED/);
    equal((await getJson(program.origin, '/api/services')) !== undefined, true, 'the first is not disturbed');
  });

  test('a data folder without permission', async (t) => {
    if (process.getuid?.() === 0) {
      // Root may write anywhere; a file in the place of the folder is refused to everybody.
      t.diagnostic('running as root: a file stands in for the missing permission');
    }
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const data = process.getuid?.() === 0 ? join(file, 'data') : join(closed, 'data');
    const ended = await runPlimsoll(['up', '--data', data, ...FREE_PORTS]);
    chmodSync(closed, 0o700);
    equal(ended.code, 1, ended.output);
    match(ended.output, /PLIM_DATA_UNUSABLE/);
    ok(!/\n\s+at /.test(ended.output), ended.output);
  });

  test('a broken SLO file is named, the others are judged all the same', async () => {
    const sloDirectory = join(folder, 'slo');
    mkdirSync(sloDirectory);
    writeFileSync(join(sloDirectory, 'bad.yaml'), 'apiVersion: openslo/v1\nkind: SLO\nmetadata: {}\n');
    await using program = await startPlimsoll({ dataDirectory: join(folder, 'slos'), sloDirectory });
    match(program.output(), /bad\.yaml:\d+/);
  });
});

test('--help goes to standard output and ends with 0', async () => {
  for (const args of [['--help'], ['up', '--help']]) {
    const ended = await runPlimsoll(args);
    equal(ended.code, 0);
    match(ended.output, /plimsoll/);
  }
});
