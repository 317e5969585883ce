/** Our remote write and Debian's Prometheus; and the other way, a Prometheus that scrapes us. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMissing } from '#test/engines/engine.ts';
import { ask, askJson } from '#test/engines/http.ts';
import { findPromtool, startPrometheus } from '#test/engines/prometheus.ts';
import { remoteWriteTests } from '#test/engines/remote-write-tests.ts';
import { startPlimsoll } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

const SCRAPED_MS_MAX = 30_000;
const SAMPLES_MIN = 50;

remoteWriteTests(await startPrometheus({ flags: [] }));

void test('a real Prometheus scrapes our /metrics, and promtool finds nothing wrong with it', async (t) => {
  const promtool = await findPromtool();
  if (typeof promtool !== 'string') return t.skip(promtool.missing);
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-scraped-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using plimsoll = await startPlimsoll({ dataDirectory: join(folder, 'data') });
  const target = new URL(plimsoll.origin).host;
  const prometheus = await startPrometheus({
    config: `scrape_configs: [{job_name: plimsoll, scrape_interval: 3s, scrape_timeout: 3s, static_configs: [{targets: ['${target}']}]}]\n`,
  });
  if (isMissing(prometheus)) return t.skip(prometheus.missing);
  await using engine = prometheus;
  const samples = await until(
    'a scrape',
    async () => {
      const up = await newest(engine.url, 'up');
      const scraped = await newest(engine.url, 'scrape_samples_scraped');
      return up === 1 && scraped !== undefined && scraped > SAMPLES_MIN && scraped;
    },
    { timeoutMs: SCRAPED_MS_MAX, everyMs: 200, detail: plimsoll.output },
  );
  const text = await ask(`${plimsoll.origin}/metrics`);
  assert.ok(text !== undefined, 'the page is there');
  const lint = (input: string) => spawnSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
  const { status, stderr } = lint(text);
  t.diagnostic(`${samples} samples a scrape; promtool: ${status}`);
  assert.equal(status, 0, stderr);
  assert.notEqual(lint(`${text}bad{ 1\n`).status, 0, 'the control: promtool does read it');
});

async function newest(url: string, query: string): Promise<number | undefined> {
  const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
  const answer = await askJson<{ data: { result: { value: [number, string] }[] } }>(`${url}${path}`);
  const value = Number(answer?.data.result[0]?.value[1] ?? Number.NaN);
  return Number.isNaN(value) ? undefined : value;
}
