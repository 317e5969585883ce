import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogFile } from '#bin/demo/log-file.ts';

test('a log never takes more than its budget, and keeps the newest lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-log-'));
  try {
    const path = join(folder, 'x.log');
    {
      using log = new LogFile(path, 2000);
      for (let line = 0; line < 500; line += 1) log.write(Buffer.from(`line ${line}\n`));
      const bytes = statSync(path).size + statSync(`${path}.1`).size;
      assert.ok(bytes <= 2000 + 10, `${bytes} bytes`);
    }
    using again = new LogFile(path, 2000);
    again.write(Buffer.from('after a restart\n'));
    const text = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8');
    assert.match(text, /line 499\nafter a restart\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
