import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseScript } from '#test/support/promql-script.ts';

const FOLDER = join(import.meta.dirname, 'testdata');

for (const file of readdirSync(FOLDER)) {
  test(`promql/testdata/${file}`, async () => {
    const cases = parseScript(readFileSync(join(FOLDER, file), 'utf8'));
    const problems: string[] = [];
    for (const { line, title, run } of cases) {
      problems.push(...(await run()).map((problem) => `${file}:${line} ${title}\n    ${problem}`));
    }
    assert.ok(cases.length > 5, 'a script has cases');
    assert.equal(problems.join('\n'), '');
  });
}

test('a script that expects the wrong thing fails', async () => {
  const [only] = parseScript('load 1m\n  m 1 2\neval instant at 1m m\n  m 3\n');
  assert.deepEqual(await only?.run(), ['m is 2, not 3']);
});
