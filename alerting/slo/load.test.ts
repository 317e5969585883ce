import assert from 'node:assert/strict';
import { mkdtempDisposableSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { loadSloFolder } from '#alerting/slo/load.ts';
import { parseSloFile } from '#signals/openslo/parse.ts';
import { extensionSchema, specSchema } from '#signals/openslo/schemas.ts';

const SLO = (name: string) =>
  `apiVersion: openslo/v1\nkind: SLO\nmetadata: { name: ${name} }\nspec: { service: quotes, objectives: [{ target: 0.99 }] }\n`;

test('every YAML file of the folder and below is read, others are not', async () => {
  using folder = mkdtempDisposableSync(path.join(tmpdir(), 'slo-'));
  await mkdir(path.join(folder.path, 'below'));
  await writeFile(path.join(folder.path, 'b.yaml'), SLO('b'));
  await writeFile(path.join(folder.path, 'below', 'c.yml'), SLO('c'));
  await writeFile(path.join(folder.path, 'notes.md'), 'nothing');
  await writeFile(path.join(folder.path, 'a.yaml'), 'kind: [');
  const { documents, problems } = await loadSloFolder(folder.path);
  assert.deepEqual(
    documents.map(({ id }) => id),
    ['quotes/b', 'quotes/c'],
  );
  assert.ok(problems.length > 0 && problems.every(({ file }) => file === path.join(folder.path, 'a.yaml')));
});

test('a folder that is not there is a problem, not an exception', async () => {
  const { documents, problems } = await loadSloFolder('/nowhere/at/all');
  assert.deepEqual(documents, []);
  assert.match(problems[0]?.message ?? '', /the SLO folder cannot be read: ENOENT/);
});

test('the examples of the reference parse, and every key stands there', async () => {
  const page = await readFile(new URL('../../docs/reference/slo-files.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  assert.ok(examples.length >= 3);
  for (const example of examples) {
    const { documents, problems } = parseSloFile('slo-files.md', example);
    assert.deepEqual(problems, []);
    assert.equal(documents.length, 1);
  }
  for (const key of [...Object.keys(specSchema.fields), ...Object.keys(extensionSchema.fields)]) {
    assert.ok(page.includes(`\`${key}\``), `${key} is described`);
  }
});
