/** What a folder made like the image must do, wherever its packages come from. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { present } from '#base/invariant.ts';
import { fingerprint, isHealthy, readReady, startInside } from '#test/support/image.ts';
import { until } from '#test/support/wait.ts';
import { readCompose, readDotEnv } from '#test/tidy/compose.ts';
import { readText } from '#test/tidy/source.ts';

const START_MS_MAX = 30_000;
/** Packages of development that would be the first to be missed. */
const DEVELOPMENT = ['vite', 'typescript', 'react', 'playwright'];

/** @param data a folder to write to */
export async function checkImage(app: string, data: string): Promise<void> {
  for (const name of DEVELOPMENT) assert.ok(!existsSync(path.join(app, 'node_modules', name)), name);
  const before = fingerprint(app);
  await platformRuns(app, data);
  await serviceRuns(app, data);
  assert.deepEqual(fingerprint(app), before, 'nothing writes beside the data folder');
}

async function platformRuns(app: string, data: string): Promise<void> {
  const readyFile = path.join(data, 'ready.json');
  const flags = {
    config: 'deploy/plimsoll-lite.yaml',
    data: path.join(data, 'platform'),
    listen: '127.0.0.1:0',
    'otlp-http': '127.0.0.1:0',
    'ready-file': readyFile,
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  await using platform = startInside(app, ['bin/plimsoll.ts', 'up', ...words], {});
  const { origin } = await until('the platform', () => readReady(readyFile), {
    timeoutMs: START_MS_MAX,
    detail: platform.output,
  });
  const page = await fetch(`${origin}/`, { headers: { accept: 'text/html' } });
  assert.match(await page.text(), /<div id="/, 'the console is in the image');
  assert.equal(await isHealthy(app, `${origin}/-/ready`), true);
  assert.equal(await isHealthy(app, `${origin}/-/nowhere`), false);
}

/** The one that takes most: its spans leave by a package nobody else needs. */
async function serviceRuns(app: string, data: string): Promise<void> {
  const { compose } = readCompose(readText('docker-compose.yml'), readDotEnv(readText('.env')));
  const { command = [], environment } = present(compose?.services['billing'], 'billing');
  const nobody = 'http://127.0.0.1:9';
  await using billing = startInside(app, command, {
    ...environment,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: path.join(data, 'billing'),
    BROKER_URL: nobody,
    SHIPMENTS_URL: nobody,
    OTEL_EXPORTER_OTLP_ENDPOINT: nobody,
    OTEL_EXPORTER_JAEGER_ENDPOINT: `${nobody}/api/traces`,
  });
  await until(
    'billing',
    () => (existsSync(path.join(data, 'billing', 'billing.sqlite')) ? true : undefined),
    {
      timeoutMs: START_MS_MAX,
      detail: billing.output,
    },
  );
}
