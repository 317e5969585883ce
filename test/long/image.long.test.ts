/** The image's own installation: what `npm ci --omit=dev` brings is enough to run. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { errorText } from '#base/errors.ts';
import { checkImage } from '#test/support/image-checks.ts';
import { copySources } from '#test/support/image.ts';

const run = promisify(execFile);
const INSTALL_MS_MAX = 300_000;
/** What npm says where no registry can be reached. */
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/;

test('a fresh production install runs the platform and the services', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-image-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [app, data] = [join(folder, 'app'), join(folder, 'data')];
  mkdirSync(data);
  await copySources(app);
  const words = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
  const failure = await run('npm', words, { cwd: app, timeout: INSTALL_MS_MAX }).then(
    () => undefined,
    (error: unknown) => errorText(error),
  );
  if (failure !== undefined && NO_REGISTRY.test(failure))
    return t.skip(`npm reaches no registry: ${failure}`);
  if (failure !== undefined) throw new Error(failure);
  await checkImage(app, data);
});
