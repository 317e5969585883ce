import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDiskFull, parentOf, writeFileAtomic, writeFully } from '#base/atomic-file.ts';
import { SimulatedCrash, SimulatedDisk } from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';

const OLD = new Uint8Array(700).fill(1);
const NEW = new Uint8Array(1300).fill(2);

test('after a crash at any operation the file is the old or the new one', async () => {
  let sawOld = false;
  let sawNew = false;
  for (let seed = 0; seed < 200; seed += 1) {
    const random = seededRandom(seed);
    const healthy = new SimulatedDisk({ random });
    await writeFileAtomic(healthy, 'dir/file', OLD);
    const disk = healthy.restart('power', { random, crashAt: 1 + (seed % 8) });
    const isDone = await writeFileAtomic(disk, 'dir/file', NEW).then(
      () => true,
      (error: unknown) => (assert.ok(error instanceof SimulatedCrash), false),
    );
    const bytes = await disk.restart(seed % 3 === 0 ? 'kill' : 'power', { random }).readFile('dir/file');
    const isNew = bytes?.length === NEW.length;
    assert.deepEqual(bytes, isNew ? NEW : OLD, `seed ${seed}`);
    assert.ok(isNew || !isDone, `seed ${seed}: it resolved, so it is durable`);
    sawNew ||= isNew;
    sawOld ||= !isNew;
  }
  assert.ok(sawOld && sawNew);
});

test('short writes are gone on with', async () => {
  const disk = new SimulatedDisk({
    random: seededRandom(3),
    fault: (operation) => (operation === 'write' ? 'short' : undefined),
  });
  await writeFileAtomic(disk, 'dir/file', NEW);
  assert.deepEqual(await disk.readFile('dir/file'), NEW);
  const file = await disk.open('dir/chunks', 'create');
  await writeFully(file, [OLD, new Uint8Array(0), NEW], 0);
  assert.deepEqual(await disk.readFile('dir/chunks'), new Uint8Array([...OLD, ...NEW]));
});

test('a full disk is said to be full, and the old file stays', async () => {
  const random = seededRandom(4);
  const disk = new SimulatedDisk({ random, bytesMax: 1000 });
  await writeFileAtomic(disk, 'dir/file', OLD);
  await assert.rejects(writeFileAtomic(disk, 'dir/file', NEW), isDiskFull);
  assert.deepEqual(disk.paths(), ['dir/file']);
  assert.deepEqual(await disk.readFile('dir/file'), OLD);
});

test('the parent of a path', () => {
  assert.deepEqual(['a/b/c', '/a', 'a'].map(parentOf), ['a/b', '/', '.']);
});
