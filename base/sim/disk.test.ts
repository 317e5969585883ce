import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk } from '#base/disk.ts';
import { SimulatedCrash, SimulatedDisk } from '#base/sim/disk.ts';
import { SECTOR_BYTES } from '#base/sim/inode.ts';
import { seededRandom } from '#base/sim/random.ts';

/** What became of `steps` after a power cut, over many seeds, each outcome once. */
async function outcomes(
  steps: (disk: SimulatedDisk) => Promise<void>,
  look: (disk: Disk) => Promise<string>,
): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed += 1) {
    const random = seededRandom(seed);
    const disk = new SimulatedDisk({ random });
    await steps(disk);
    seen.add(await look(disk.restart('power', { random })));
  }
  return [...seen].sort();
}

const text = async (disk: Disk): Promise<string> => {
  const bytes = await disk.readFile('d/f');
  return bytes === undefined ? 'gone' : `${bytes.length}:${new Set(bytes).size === 1 ? bytes[0] : 'mixed'}`;
};

async function create(disk: SimulatedDisk, byte: number, length = 100): Promise<void> {
  const file = await disk.open('d/f', 'create');
  await file.write([new Uint8Array(length).fill(byte)], 0);
  await file.dataSync();
  await file.close();
}

test('a file is there for sure only after its folder was synced', async () => {
  assert.deepEqual(await outcomes((disk) => create(disk, 1), text), ['100:1', 'gone']);
  const synced = async (disk: SimulatedDisk): Promise<void> => {
    await create(disk, 1);
    await disk.syncDir('d');
  };
  assert.deepEqual(await outcomes(synced, text), ['100:1']);
});

test('unsynced writes are lost, kept or torn at sectors', async () => {
  const seen = await outcomes(async (disk) => {
    await create(disk, 1, 2 * SECTOR_BYTES);
    await disk.syncDir('d');
    const file = await disk.open('d/f', 'read-write');
    await file.write([new Uint8Array(2 * SECTOR_BYTES).fill(2)], 0);
  }, text);
  assert.deepEqual(seen, ['1024:1', '1024:2', '1024:mixed']);
});

test('after a failed sync the next one succeeds with the data gone', async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed += 1) {
    const random = seededRandom(seed);
    let failures = 0;
    const fault = (operation: string): 'EIO' | undefined =>
      operation === 'dataSync' && (failures += 1) === 2 ? 'EIO' : undefined;
    const disk = new SimulatedDisk({ random, fault });
    await create(disk, 1);
    await disk.syncDir('d');
    const file = await disk.open('d/f', 'read-write');
    await file.write([new Uint8Array(100).fill(2)], 0);
    await assert.rejects(file.dataSync(), { code: 'EIO' });
    await file.dataSync();
    assert.equal(await text(disk), '100:2');
    seen.add(await text(disk.restart('power', { random })));
  }
  assert.deepEqual([...seen].sort(), ['100:1', '100:2']);
});

test('a kill loses nothing, and old handles are dead', async () => {
  const random = seededRandom(1);
  const disk = new SimulatedDisk({ random });
  const file = await disk.open('d/f', 'create');
  await file.write([new Uint8Array(10).fill(7)], 0);
  const next = disk.restart('kill', { random });
  assert.equal(await text(next), '10:7');
  await assert.rejects(file.write([new Uint8Array(1)], 0), SimulatedCrash);
});

test('a disk that fills up writes short, then fails', async () => {
  const disk = new SimulatedDisk({ random: seededRandom(1), bytesMax: 416 });
  const file = await disk.open('d/f', 'create');
  assert.equal(await file.write([new Uint8Array(300), new Uint8Array(300)], 0), 416);
  await assert.rejects(file.write([new Uint8Array(1)], 416), { code: 'ENOSPC' });
  assert.equal(await disk.freeBytes(), 0);
  await file.truncate(16);
  assert.equal(await disk.freeBytes(), 400);
});

test('the same seed gives the same history', async () => {
  const histories = await Promise.all(
    [9, 9].map(async (seed) => {
      const random = seededRandom(seed);
      const disk = new SimulatedDisk({ random });
      await create(disk, 3, 5000);
      return text(disk.restart('power', { random }));
    }),
  );
  assert.equal(histories[0], histories[1]);
});
