import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { present } from '#base/invariant.ts';
import { STALE_BITS } from '#signals/prometheus/remote-write.ts';
import { WriteRequestV2Writer } from '#signals/prometheus/write-request-v2.ts';

/** The messages of remote write 2.0, for the independent implementation ours is compared with. */
const Request = protobuf
  .parse(
    `syntax = "proto3";
    message Request { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
    message TimeSeries {
      repeated uint32 labels_refs = 1;
      repeated Sample samples = 2;
      repeated Exemplar exemplars = 4;
      Metadata metadata = 5;
    }
    message Sample { double value = 1; int64 timestamp = 2; }
    message Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
    message Metadata { uint32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }`,
  )
  .root.lookupType('Request');

interface Decoded {
  readonly symbols: string[];
  readonly timeseries: {
    readonly labelsRefs: number[];
    readonly samples: { readonly value: number; readonly timestamp: number }[];
    readonly exemplars?: {
      readonly labelsRefs: number[];
      readonly value: number;
      readonly timestamp: number;
    }[];
    readonly metadata?: { readonly type: number; readonly helpRef: number; readonly unitRef?: number };
  }[];
}

test('another implementation reads what was written', () => {
  const writer = new WriteRequestV2Writer();
  const description = { type: 'counter', help: 'Requests.', unit: '' } as const;
  writer.series({ job: 'ünï', __name__: 'requests_total' }, description, (to) => {
    to.sample(1_700_000_000_000, 2);
    to.sample(1_700_000_005_000, undefined);
    to.exemplar({ labels: { trace_id: 'abc' }, value: 0.25, timeMs: 12 });
  });
  writer.series({ __name__: 'up', job: 'ünï' }, undefined, (to) => to.sample(-1, Infinity));
  assert.deepEqual([writer.samples, writer.exemplars], [3, 1]);
  const body = writer.take();
  const { symbols, timeseries } = Request.toObject(Request.decode(body), { longs: Number }) as Decoded;
  const text = (refs: readonly number[]): string[] => refs.map((ref) => symbols[ref] ?? '?');
  assert.equal(symbols[0], '');
  assert.equal(new Set(symbols).size, symbols.length, 'each text stands once');
  const [first, second] = timeseries;
  assert.deepEqual(
    timeseries.map(({ labelsRefs }) => text(labelsRefs)),
    [
      ['__name__', 'requests_total', 'job', 'ünï'],
      ['__name__', 'up', 'job', 'ünï'],
    ],
  );
  assert.deepEqual(first?.samples[0], { value: 2, timestamp: 1_700_000_000_000 });
  assert.ok(Number.isNaN(first?.samples[1]?.value), 'a staleness marker');
  const exemplars = first?.exemplars?.map((one) => [text(one.labelsRefs), one.value, one.timestamp]);
  assert.deepEqual(exemplars, [[['trace_id', 'abc'], 0.25, 12]]);
  const { metadata } = present(first, 'it was written');
  assert.deepEqual([metadata?.type, metadata?.helpRef], [1, symbols.indexOf('Requests.')]);
  assert.deepEqual(second?.samples, [{ value: Infinity, timestamp: -1 }]);
  const marker = Buffer.alloc(8);
  marker.writeBigUInt64LE(STALE_BITS);
  assert.ok(Buffer.from(body).includes(marker), 'its bits are those of the marker');
});
