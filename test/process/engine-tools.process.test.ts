/** What starts and prepares engines, on stand-ins: nothing is left behind, nothing is made twice. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runningEngine, isMissing } from '#test/engines/engine.ts';
import { preparedEntry } from '#test/engines/folder.ts';
import { serverFolder, startServer, type ServerPlan } from '#test/engines/server.ts';
import { CannotPrepare, runTool } from '#test/engines/tool.ts';
import { isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const GONE_MS_MAX = 10_000;

/** A server that says it is ready and ignores everything but its end. */
function standIn(script: string): ServerPlan {
  const folder = serverFolder('standin');
  return {
    name: 'standin',
    url: 'http://127.0.0.1:1',
    folder,
    command: ['sh', '-c', script, folder],
    isReady: (log) => log().includes('ready'),
    readyMsMax: 5000,
    version: () => '1',
  };
}

/** A folder of engines for this test alone. */
function ownFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-engines-'));
  const before = process.env['PLIMSOLL_ENGINES_DIR'];
  process.env['PLIMSOLL_ENGINES_DIR'] = folder;
  t.after(() => {
    if (before === undefined) delete process.env['PLIMSOLL_ENGINES_DIR'];
    else process.env['PLIMSOLL_ENGINES_DIR'] = before;
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Runs a program of lines that import from the project. */
function runLines(lines: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...environment };
  delete env['NODE_TEST_CONTEXT'];
  return spawn(process.execPath, ['--input-type=module', '--eval', lines.join('\n')], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

for (const state of ['runs', 'was killed'] as const) {
  test(`a server that ${state} leaves nothing behind a test that is killed`, async () => {
    const folder = serverFolder('standin');
    // Not ready before its watcher stands: who is killed between the two leaves nothing to be watched.
    const command = ['sh', '-c', 'echo ready; exec sleep 600'];
    const plan = { name: 'standin', url: '', folder, command, readyMsMax: 5000 };
    const tester = runLines([
      `import { startServer } from '#test/engines/server.ts';`,
      `const ready = { isReady: (log) => log().includes('ready'), version: () => '1' };`,
      `const server = await startServer({ ...${JSON.stringify(plan)}, ...ready });`,
      state === 'was killed' ? 'await server.kill();' : '',
      `console.log(server.pid);`,
      `setInterval(() => {}, 1000);`,
    ]);
    const line = await new Promise<Buffer>((resolve) => tester.stdout.once('data', resolve));
    const pid = Number(line.toString());
    assert.deepEqual([isAlive(pid), existsSync(folder)], [state === 'runs', true], 'the control');
    tester.kill('SIGKILL');
    await until('the server to be gone', () => !isAlive(pid), { timeoutMs: GONE_MS_MAX });
    await until('its folder to be gone', () => !existsSync(folder), { timeoutMs: GONE_MS_MAX });
  });
}

test('disposing of a server that runs ends it and takes its folder', async () => {
  const plan = standIn('echo ready; exec sleep 600');
  const server = await startServer(plan);
  assert.ok(isAlive(server.pid) && existsSync(plan.folder), 'the control: it runs');
  await server[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  assert.ok(!isAlive(server.pid) && !existsSync(plan.folder));
});

test('a server that does not start says why, with the end of its log', async () => {
  const plan = standIn('echo the reason; exit 3');
  await assert.rejects(startServer(plan), /did not become ready: it ended by itself[^]*the reason/);
  assert.ok(!existsSync(plan.folder));
});

test('a server that ignores SIGTERM is told apart and killed', async () => {
  const plan = { ...standIn(`trap '' TERM; echo ready; while :; do sleep 0.1; done`), stopMsMax: 300 };
  await using server = await startServer(plan);
  await assert.rejects(server.stop(), /did not end within 300 ms of SIGTERM/);
  assert.ok(!isAlive(server.pid));
});

test('a running engine is taken by its address and not ended', async () => {
  const engine = runningEngine('standin', 'http://127.0.0.1:9/');
  assert.equal(engine?.url, 'http://127.0.0.1:9');
  await assert.rejects(async () => engine?.kill(), /PLIMSOLL_TEST_STANDIN_URL.*not ours to end/);
  assert.equal(runningEngine('standin'), undefined, 'the control: without an address there is none');
});

test('two processes prepare an entry once', async (t) => {
  const folder = ownFolder(t);
  const made = join(folder, 'made');
  const lines = [
    `import { appendFileSync } from 'node:fs';`,
    `import { setTimeout } from 'node:timers/promises';`,
    `import { preparedEntry } from '#test/engines/folder.ts';`,
    `await preparedEntry('thing', async () => {`,
    `  appendFileSync(${JSON.stringify(made)}, 'x');`,
    `  await setTimeout(300);`,
    `});`,
  ];
  const ended = [runLines(lines), runLines(lines)].map(
    (child) => new Promise<number | null>((resolve) => child.once('exit', resolve)),
  );
  assert.deepEqual(await Promise.all(ended), [0, 0]);
  assert.equal(readFileSync(made, 'utf8'), 'x');
  assert.ok(existsSync(join(folder, 'thing', '.complete')));
});

test('an entry whose maker was killed is made by the next', async (t) => {
  const folder = ownFolder(t);
  const maker = runLines([
    `import { preparedEntry } from '#test/engines/folder.ts';`,
    `await preparedEntry('thing', async () => { console.log('at it'); await new Promise(() => setInterval(() => {}, 1000)); });`,
  ]);
  await new Promise((resolve) => maker.stdout.once('data', resolve));
  maker.kill('SIGKILL');
  assert.equal(readdirSync(folder).filter((name) => name.includes('.part-')).length, 1, 'the control');
  assert.equal(await preparedEntry('thing', async () => {}), join(folder, 'thing'));
  assert.deepEqual(readdirSync(folder).sort(), ['thing', 'thing.lock']);
});

test('what cannot be prepared is a reason, kept for a while; a bug is not', async (t) => {
  const folder = ownFolder(t);
  let tries = 0;
  const fail = async (): Promise<void> => {
    tries += 1;
    await runTool(['sh', '-c', 'echo no network >&2; exit 1'], { cwd: folder, timeoutMs: 5000 });
  };
  for (let again = 0; again < 2; again += 1) {
    const answer = await preparedEntry('thing', fail);
    assert.ok(typeof answer === 'object' && isMissing(answer));
    assert.match(answer.missing, /thing cannot be prepared: [^]*no network/);
  }
  assert.equal(tries, 1);
  assert.deepEqual(readdirSync(folder).sort(), ['thing.failed', 'thing.lock']);
  const bug = (): Promise<void> => Promise.reject(new TypeError('a bug'));
  await assert.rejects(preparedEntry('other', bug), /a bug/);
});

test('a tool that takes too long is killed', async () => {
  const slow = runTool(['sleep', '60'], { cwd: '/', timeoutMs: 100 });
  await assert.rejects(slow, (error) => error instanceof CannotPrepare && /killed after/.test(error.message));
});

test('the builder knows what it builds', async () => {
  const builder = join(ROOT, 'test/engines/build.ts');
  await assert.rejects(
    runTool([process.execPath, builder, 'grafana'], { cwd: ROOT, timeoutMs: 20_000 }),
    /grafana is not among the engines that are built: jaeger, prometheus, alertmanager, otelcol/,
  );
});
