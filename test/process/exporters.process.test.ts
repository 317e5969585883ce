/**
 * One Plimsoll sends everything on to another over OTLP: through the other one
 * being away at first and killed later, and through a kill of the sender. The
 * other has every trace in the end, and the sender's books balance.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemRandom } from '#base/real/random.ts';
import { freePorts } from '#bin/demo/free-ports.ts';
import { getJson, OtlpSender } from '#test/support/client.ts';
import { buildLogs, buildTraces } from '#test/support/otlp.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

const WAIT_MS_MAX = 30_000;
const nowNanos = (): bigint => BigInt(Date.now()) * 1_000_000n;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-exporters-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Row {
  readonly signal: string;
  readonly consumer: string;
  readonly delivered: number;
  readonly residual: number;
}
interface Ledger {
  readonly rows: readonly Row[];
  readonly exporters: readonly { readonly name: string; readonly state: { readonly kind: string } }[];
}

async function ledgerOf({ origin }: Program): Promise<Ledger> {
  const ledger = await getJson<Ledger>(origin, '/api/plimsoll/v1/ledger');
  assert.ok(ledger !== undefined);
  return ledger;
}

function traceOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}

/** One trace of two spans, and a log record. */
async function send(program: Program, number: number): Promise<void> {
  using sender = new OtlpSender(program.otlpHttp);
  const startNanos = nowNanos();
  const spans = ['1', '2'].map((digit) => ({
    traceId: traceOf(number),
    spanId: digit.repeat(16),
    startNanos,
    endNanos: startNanos + 1_000_000n,
  }));
  const logs = [{ nanos: startNanos, body: `number ${number}` }];
  await sender.post('traces', buildTraces({ service: 'shop', spans }));
  await sender.post('logs', buildLogs({ service: 'shop', logs }));
}

async function spansOf({ origin }: Program, number: number): Promise<number> {
  const answer = await getJson<{ data: { spans: unknown[] }[] }>(origin, `/api/traces/${traceOf(number)}`);
  return answer?.data[0]?.spans.length ?? 0;
}

/** All rows, once the exporter is well and has delivered the spans of four traces. */
async function closedBooks(near: Program): Promise<readonly Row[] | false> {
  const { rows, exporters } = await ledgerOf(near);
  const isWell = exporters.every(({ name, state }) => name === 'otlphttp/far' && state.kind === 'sending');
  const own = rows.find(({ consumer, signal }) => consumer === 'otlphttp-far' && signal === 'otlp-traces');
  return isWell && exporters.length === 1 && own?.delivered === 8 && rows;
}

test('everything reaches another Plimsoll, through kills of both', async (t) => {
  const folder = folderOf(t);
  const [port = 0] = await freePorts(1, systemRandom);
  const startFar = (): Promise<Program> =>
    startPlimsoll({
      dataDirectory: join(folder, 'far'),
      otlpHttpPort: port,
    });
  const startNear = (): Promise<Program> =>
    startPlimsoll({
      dataDirectory: join(folder, 'near'),
      configText: `exporters:
  otlphttp/far:
    endpoint: http://127.0.0.1:${port}
    retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }
    timeout: 2s
`,
    });
  let near = await startNear();
  await send(near, 1);
  await until(
    'the exporter to fail',
    async () => (await ledgerOf(near)).exporters[0]?.state.kind === 'failing',
    {
      timeoutMs: WAIT_MS_MAX,
    },
  );
  assert.equal(await spansOf(near, 1), 2, 'its own store is not held up');
  let far = await startFar();
  const arrived = (number: number): Promise<unknown> =>
    until(`trace ${number} at the far end`, async () => (await spansOf(far, number)) > 0, {
      timeoutMs: WAIT_MS_MAX,
      detail: near.output,
    });
  try {
    await arrived(1);
    await near.kill();
    near = await startNear();
    await send(near, 2);
    await arrived(2);
    await far.kill();
    await send(near, 3);
    far = await startFar();
    await arrived(3);
    await send(near, 4);
    await arrived(4);
    // What has arrived is counted once the answer is back.
    const rows = await until('the books to be closed', () => closedBooks(near), {
      timeoutMs: WAIT_MS_MAX,
      detail: near.output,
    });
    for (const row of rows) assert.equal(row.residual, 0, `${row.consumer}, ${row.signal}`);
  } finally {
    await near[Symbol.asyncDispose]();
    await far[Symbol.asyncDispose]();
  }
});
