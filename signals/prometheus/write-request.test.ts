import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';
import { WriteRequestWriter } from '#signals/prometheus/write-request.ts';

function give(sink: SampleSink): void {
  const up = { __name__: 'up', job: 'ünï' };
  sink.metadata('up', { type: 'gauge', help: 'Whether it is up.', unit: '' });
  sink.sample(up, 1_700_000_000_000, 1, false);
  sink.sample(up, 1_700_000_005_000, 0, true);
  sink.sample({ __name__: 'down', b: '1', a: '' }, -1, Infinity, false);
  const bucket = { __name__: 'x_bucket', le: '+Inf' };
  sink.sample(bucket, 0, 3, false);
  sink.exemplar(bucket, { labels: { trace_id: 'abc' }, value: 0.25, timeMs: 12 });
  sink.metadata('x', { type: 'histogram', help: '', unit: 'seconds' });
}

/** What a sink is told, in order. */
function transcript(tell: (sink: SampleSink) => void): unknown[] {
  const told: unknown[] = [];
  tell({
    sample: (labels, timeMs, value, stale) =>
      told.push(['sample', { ...labels }, timeMs, stale ? 'stale' : value]),
    exemplar: (labels, exemplar) => told.push(['exemplar', { ...labels }, exemplar]),
    metadata: (name, description) => told.push(['metadata', name, description]),
  });
  return told;
}

test('what was written is read: samples, staleness, exemplars, metadata, in order', () => {
  const writer = new WriteRequestWriter();
  give(writer);
  assert.equal(writer.samples, 4);
  const body = writer.take();
  assert.deepEqual(
    transcript((sink) => decodeWriteRequest(body, sink)),
    transcript(give),
  );
});

test('labels are sorted by name', () => {
  const writer = new WriteRequestWriter();
  writer.sample({ b: '2', __name__: 'm', a: '1' }, 1, 1, false);
  let names: string[] = [];
  decodeWriteRequest(writer.take(), {
    sample: (labels) => (names = Object.keys(labels)),
    exemplar: () => {},
    metadata: () => {},
  });
  assert.deepEqual(names, ['__name__', 'a', 'b']);
});
