import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { isCoded } from '#base/errors.ts';
import type { Labels } from '#signals/matchers.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';

const WriteRequest = protobuf
  .parse(
    `syntax = "proto3";
     message WriteRequest { repeated TimeSeries timeseries = 1; }
     message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
     message Label { string name = 1; string value = 2; }
     message Sample { double value = 1; int64 timestamp = 2; }`,
  )
  .root.lookupType('WriteRequest');

const labels = [
  { name: '__name__', value: 'up' },
  { name: 'job', value: 'quotes' },
];

function decoded(body: Uint8Array): { samples: unknown[]; count: number } {
  const samples: unknown[] = [];
  const count = decodeWriteRequest(body, {
    sample: (of: Labels, timeMs, value, stale) => samples.push([{ ...of }, timeMs, stale ? 'stale' : value]),
    exemplar: () => {},
    metadata: () => {},
  });
  return { samples, count };
}

test('a label may be called like what objects inherit', () => {
  const odd = ['__proto__', 'constructor', '1'].map((name) => ({ name, value: 'x' }));
  const timeseries = [{ labels: odd, samples: [{ value: 1, timestamp: 7 }] }];
  const body = WriteRequest.encode(WriteRequest.fromObject({ timeseries })).finish();
  const [[of]] = decoded(body).samples as [[Labels]];
  assert.deepEqual(new Map(Object.entries(of)), new Map(odd.map(({ name, value }) => [name, value])));
});

test('series and samples arrive in order, with negative times and values', () => {
  const samples = [
    { value: 1.5, timestamp: 1_800_000_000_000 },
    { value: -Infinity, timestamp: -5 },
    { timestamp: 7 },
  ];
  const body = WriteRequest.encode(WriteRequest.fromObject({ timeseries: [{ labels, samples }] })).finish();
  const series = { __name__: 'up', job: 'quotes' };
  assert.deepEqual(decoded(body), {
    count: 3,
    samples: [
      [series, 1_800_000_000_000, 1.5],
      [series, -5, -Infinity],
      [series, 7, 0],
    ],
  });
});

test('a staleness marker is told from an ordinary NaN by its bits', () => {
  const samples = [{ value: 0.5, timestamp: 1 }];
  const body = Buffer.from(
    WriteRequest.encode(WriteRequest.fromObject({ timeseries: [{ labels, samples }] })).finish(),
  );
  const half = Buffer.alloc(8);
  half.writeDoubleLE(0.5);
  const at = body.indexOf(half);
  const withBits = (bits: bigint): Uint8Array => {
    const copy = Buffer.from(body);
    copy.writeBigUInt64LE(bits, at);
    return copy;
  };
  assert.deepEqual(
    [0x7ff0000000000002n, 0x7ff8000000000001n].map(
      (bits) => (decoded(withBits(bits)).samples[0] as unknown[])[2],
    ),
    ['stale', Number.NaN],
  );
});

test('a body cut off anywhere is refused or ends between two series', () => {
  const series = { labels, samples: [{ value: 1, timestamp: 1 }] };
  const body = WriteRequest.encode(WriteRequest.fromObject({ timeseries: [series, series] })).finish();
  for (let length = 0; length < body.length; length += 1) {
    try {
      assert.ok(decoded(body.subarray(0, length)).count < 2);
      assert.ok(length === 0 || length === body.length / 2, `${length} bytes`);
    } catch (error) {
      if (!isCoded(error, 'PLIM_BODY_MALFORMED')) throw error;
    }
  }
});
