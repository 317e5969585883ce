/** The image without Docker: what its Dockerfile copies runs without a package of development. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkImage } from '#test/support/image-checks.ts';
import { copySources, linkPackages } from '#test/support/image.ts';

test('platform and services run from what the image holds, and write to their data folder alone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-image-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [app, data] = [join(folder, 'app'), join(folder, 'data')];
  mkdirSync(data);
  await copySources(app);
  linkPackages(app);
  await checkImage(app, data);
});
