import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedDisk, type DiskFault } from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';
import { DeadLetters } from '#collector/exporters/dead-letters.ts';
import { journalRecord } from '#test/support/journal-records.ts';

const DIRECTORY = 'exporters/archive';

test('a line that was cut short by a full disk spoils no other', async () => {
  const faults: DiskFault[] = [];
  const disk = new SimulatedDisk({
    random: seededRandom(1),
    fault: (operation) => (operation === 'write' ? faults.shift() : undefined),
  });
  await disk.makeDir(DIRECTORY);
  const letters = new DeadLetters(disk, DIRECTORY);
  const add = async (sequence: number) => {
    const record = journalRecord(sequence, 'otlp-logs', 1, new Uint8Array(64));
    const refused = { record: record.id, ordinal: 0, items: 1, reason: 'rejected', detail: 'no' };
    await letters.add([record], [refused], 1_700_000_000_000);
  };
  await add(1);
  faults.push('short', 'ENOSPC');
  await assert.rejects(add(2), { code: 'ENOSPC' });
  await add(3);
  await add(4);
  const text = new TextDecoder().decode(await disk.readFile(`${DIRECTORY}/dead-letters-00000001.ndjson`));
  const whole = text.split('\n').filter((line) => line.endsWith('}'));
  assert.deepEqual(
    whole.map((line) => (JSON.parse(line) as { record: { sequence: number } }).record.sequence),
    [1, 3, 4],
  );
});
