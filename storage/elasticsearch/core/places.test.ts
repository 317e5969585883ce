import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placesFromText, placesOf, placesToText, rangesBetween } from '#storage/elasticsearch/core/places.ts';

function shard(global_checkpoint: number | undefined, primary = true) {
  return { routing: { primary }, seq_no: { global_checkpoint } };
}

test('a place is what the primary of each shard says is done everywhere', () => {
  const stats = {
    indices: {
      '.ds-logs-a-000001': { shards: { 0: [shard(3, false), shard(9)], 1: [shard(-1)] } },
      '.ds-logs-a-000002': { shards: { 0: [shard(undefined)] } },
    },
  };
  assert.deepEqual(
    [...placesOf(stats)],
    [
      ['.ds-logs-a-000001/0', 9],
      ['.ds-logs-a-000001/1', -1],
    ],
  );
  // A filtered answer of a server without a stream has nothing in it.
  assert.deepEqual([...placesOf({})], []);
});

test('between two places lies what each shard has done since; of a new one, all', () => {
  const before = new Map([
    ['a/0', 9],
    ['a/1', 4],
  ]);
  const now = new Map([
    ['a/0', 9],
    ['a/1', 6],
    ['b/0', 0],
    ['c/0', -1],
  ]);
  assert.deepEqual(rangesBetween(before, now), [
    { index: 'a', shard: 1, after: 4, upTo: 6 },
    { index: 'b', shard: 0, after: -1, upTo: 0 },
  ]);
});

test('a place survives its text, and other texts are none', () => {
  const places = new Map([
    ['.ds-logs-a-000001/0', 12],
    ['b/1', -1],
  ]);
  assert.deepEqual(placesFromText(placesToText(places)), places);
  assert.deepEqual(placesFromText('[]'), new Map());
  for (const text of ['', 'x', '{}', '[1]', '[["a",1]]', '[["a/0","1"]]', '[["a/0",-2]]', '[["a/b/0",1]]'])
    assert.equal(placesFromText(text), undefined, text);
});
