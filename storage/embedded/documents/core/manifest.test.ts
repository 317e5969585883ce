import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import {
  candidates,
  expired,
  manifestFromText,
  manifestToText,
  mergeable,
  mergedFile,
  SMALL_FILES_MAX,
  type SealedFile,
} from '#storage/embedded/documents/core/manifest.ts';

function file(number: number, more: Partial<SealedFile> = {}): SealedFile {
  return {
    name: `spans-${number}.parquet`,
    signal: 'spans',
    rows: 10,
    bytes: 100,
    textBytes: 1000,
    sealedUnixMs: number * 1000,
    minUnixNanos: BigInt(number * 100),
    maxUnixNanos: BigInt(number * 100 + 99),
    services: ['shop'],
    ...more,
  };
}

test('a manifest comes back from its text, 64-bit times included', () => {
  const manifest = {
    version: 1 as const,
    cursor: NEW_CURSOR,
    nextFile: 3,
    files: [file(1, { maxUnixNanos: 2n ** 64n - 1n }), file(2, { services: undefined })],
    catalog: [{ service: 'shop', name: 'GET /', kind: 'server' as const, lastSeenMs: 5 }],
  };
  assert.deepEqual(manifestFromText(manifestToText(manifest)), manifest);
  assert.throws(() => manifestFromText('{"version":2,"files":[]}'), /version 1, not 2/);
});

test('files are left out by signal, time and service, but never by services that are not listed', () => {
  const files = [
    file(1),
    file(2, { services: ['other'] }),
    file(3, { services: undefined }),
    file(4, { signal: 'logs' }),
  ];
  const names = (minUnixNanos: bigint, maxUnixNanos: bigint, service?: string): string[] =>
    candidates(files, { signal: 'spans', minUnixNanos, maxUnixNanos, service }).map(({ name }) => name);
  assert.deepEqual(names(0n, 1000n), ['spans-1.parquet', 'spans-2.parquet', 'spans-3.parquet']);
  assert.deepEqual(names(0n, 1000n, 'shop'), ['spans-1.parquet', 'spans-3.parquet']);
  assert.deepEqual(names(199n, 200n), ['spans-1.parquet', 'spans-2.parquet']);
  assert.deepEqual(names(400n, 500n), []);
});

test('retention takes what is over age, then the oldest until the rest fits', () => {
  const files = [file(3), file(1), file(2)];
  const names = (retentionMs: number, retentionBytes: number): string[] =>
    expired(files, { retentionMs, retentionBytes }, 4000).map(({ name }) => name);
  assert.deepEqual(names(10_000, 1000), []);
  assert.deepEqual(names(2500, 1000), ['spans-1.parquet']);
  assert.deepEqual(names(10_000, 150), ['spans-1.parquet', 'spans-2.parquet']);
});

test('only many small files are merged, and only as many as fit', () => {
  const small = Array.from({ length: SMALL_FILES_MAX + 1 }, (_, number) => file(number));
  assert.equal(mergeable(small.slice(1), 'spans', 1000).length, 0);
  assert.equal(mergeable(small, 'logs', 1000).length, 0);
  assert.equal(mergeable(small, 'spans', 1000).length, small.length);
  assert.equal(mergeable(small, 'spans', 105).length, 10);
  assert.equal(
    mergeable(
      small.map((one) => ({ ...one, rows: 60 })),
      'spans',
      100,
    ).length,
    0,
  );
});

test('a merged file covers its sources', () => {
  const merged = mergedFile([file(2), file(1, { services: ['b'] })], 'x', 7);
  assert.deepEqual(
    [merged.rows, merged.minUnixNanos, merged.maxUnixNanos, merged.sealedUnixMs, merged.services],
    [20, 100n, 299n, 2000, ['shop', 'b']],
  );
  assert.equal(mergedFile([file(1), file(2, { services: undefined })], 'x', 7).services, undefined);
});
