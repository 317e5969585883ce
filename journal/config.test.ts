import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '#base/config/yaml.ts';
import type { Problem } from '#base/problem.ts';
import { DEFAULT_JOURNAL_CONFIG, JOURNAL_SCHEMA, type JournalConfig } from '#journal/config.ts';

test('nothing written means the defaults', () => {
  assert.deepEqual(read('{}').config, DEFAULT_JOURNAL_CONFIG);
});

test('keys are read with their units', () => {
  const { config } = read('bytes_max: 1GiB\nage_min: 30s\n');
  assert.deepEqual(config, { ...DEFAULT_JOURNAL_CONFIG, bytesMax: 2 ** 30, ageMinMs: 30_000 });
});

test('a wrong key names the nearest right one', () => {
  assert.match(read('byte_max: 1GiB').problems[0]?.message ?? '', /did you mean bytes_max/);
});

test('a budget that cannot hold segments is refused', () => {
  assert.equal(read('bytes_max: 64MiB').config, undefined);
  assert.match(read('bytes_max: 64MiB').problems[0]?.message ?? '', /segment_bytes/);
});

function read(text: string): { readonly config: JournalConfig | undefined; readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const [root] = parseYaml('test.yaml', text).roots;
  assert.ok(root !== undefined);
  return { config: JOURNAL_SCHEMA.read(root, 'journal', { file: 'test.yaml', problems }), problems };
}
