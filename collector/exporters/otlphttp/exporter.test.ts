import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { silentLogger } from '#base/log.ts';
import type { NetRequest } from '#base/net.ts';
import { systemClock } from '#base/real/clock.ts';
import { SimulatedNet, type Receiver } from '#base/sim/net.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { RequestSize } from '#collector/exporters/core/request-size.ts';
import type { OtlpHttpConfig } from '#collector/exporters/otlphttp/config.ts';
import { createOtlpHttpExporter } from '#collector/exporters/otlphttp/exporter.ts';
import { ExportError, type ExportOutcome } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { countItems } from '#signals/otlp/envelope.ts';
import { exportResponse } from '#signals/otlp/response.ts';
import { journalRecord } from '#test/support/journal-records.ts';
import { buildLogs, buildTraces, type TestSpan } from '#test/support/otlp.ts';

const URLS = {
  traces: 'http://127.0.0.1:4318/v1/traces',
  logs: 'http://127.0.0.1:4318/v1/logs',
  metrics: 'http://127.0.0.1:4318/v1/metrics',
};
const CONFIG: OtlpHttpConfig = {
  common: { ...COMMON_DEFAULT, headers: { Authorization: 'Bearer x' } },
  urls: URLS,
  compresses: true,
  requestBytesMax: 2 ** 20,
};
const NANOS = 1_700_000_000_000_000_000n;

function spans(count: number, service = 'shop'): Uint8Array {
  const list = Array.from({ length: count }, (_, index): TestSpan => {
    const spanId = (index + 1).toString(16).padStart(16, '0');
    return { traceId: spanId.repeat(2), spanId, startNanos: NANOS, endNanos: NANOS + 1n };
  });
  return buildTraces({ service, spans: list });
}

function buildLargeSpan(name: string): Uint8Array {
  const ids = { traceId: 'f'.repeat(32), spanId: 'f'.repeat(16) };
  return buildTraces({
    service: 'shop',
    spans: [{ ...ids, name, startNanos: NANOS, endNanos: NANOS + 1n }],
  });
}

function tracesRecord(sequence: number, count: number, service?: string): JournalRecord {
  return journalRecord(sequence, 'otlp-traces', count, spans(count, service));
}

function world(receiver: Receiver, config: Partial<OtlpHttpConfig> = {}, size?: RequestSize) {
  const net = new SimulatedNet(systemClock, receiver);
  const whole = { ...CONFIG, ...config };
  const exporter = createOtlpHttpExporter({
    config: whole,
    net,
    clock: systemClock,
    log: silentLogger,
    ...(size === undefined ? {} : { size }),
  });
  return {
    requests: net.requests,
    kinds: exporter.kinds,
    export: (records: readonly JournalRecord[]): Promise<ExportOutcome> =>
      exporter.export({ records, mayRepeat: false, signal: new AbortController().signal }),
  };
}

function bodyOf(request: NetRequest | undefined): Buffer {
  return request?.headers['content-encoding'] === 'gzip'
    ? gunzipSync(request.body ?? new Uint8Array())
    : Buffer.from(request?.body ?? []);
}

const ok: Receiver = () => ({ kind: 'response', status: 200 });
const told = ({ refused }: ExportOutcome): unknown[] =>
  refused.map(({ record, items, reason }) => [record.sequence, items, reason]);

test('records leave in the bytes they came in, those of a signal together', async () => {
  const { requests, export: send } = world(ok);
  const logs = buildLogs({ logs: [{ nanos: NANOS, body: 'x' }] });
  const records = [tracesRecord(1, 2), journalRecord(2, 'otlp-logs', 1, logs), tracesRecord(3, 1, 'other')];
  assert.deepEqual(await send(records), { refused: [] });
  assert.deepEqual(
    requests.map(({ request }) => request.url),
    [URLS.traces, URLS.logs],
  );
  const [first, second] = requests;
  assert.deepEqual(bodyOf(first?.request), Buffer.concat([spans(2), spans(1, 'other')]));
  assert.deepEqual(bodyOf(second?.request), Buffer.from(logs));
  assert.deepEqual(
    [first?.request.headers['content-type'], first?.request.headers['authorization']],
    ['application/x-protobuf', 'Bearer x'],
  );
});

test('without compression the bytes go as they are', async () => {
  const { requests, export: send } = world(ok, { compresses: false });
  await send([tracesRecord(1, 2)]);
  assert.equal(requests[0]?.request.headers['content-encoding'], undefined);
  assert.deepEqual(bodyOf(requests[0]?.request), Buffer.from(spans(2)));
});

test('only signals with an address are sent, and requests are of a bounded size', async () => {
  const {
    kinds,
    requests,
    export: send,
  } = world(ok, {
    urls: { traces: URLS.traces },
    requestBytesMax: spans(3).length * 2,
  });
  assert.deepEqual([...kinds], ['otlp-traces']);
  await send([1, 2, 3, 4, 5].map((sequence) => tracesRecord(sequence, 3)));
  assert.deepEqual(
    requests.map(({ request }) => countItems(bodyOf(request))),
    [6, 6, 3],
  );
});

test('a partial success is counted and never sent again', async () => {
  for (const encoding of ['protobuf', 'json'] as const) {
    const contentType = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
    const { requests, export: send } = world(() => ({
      kind: 'response',
      status: 200,
      headers: { 'content-type': contentType },
      body: exportResponse('traces', encoding, 3, 'no ids'),
    }));
    const outcome = await send([tracesRecord(1, 2), tracesRecord(2, 2)]);
    assert.deepEqual(told(outcome), [
      [1, 2, 'partial_success'],
      [2, 1, 'partial_success'],
    ]);
    assert.equal(outcome.refused[0]?.detail, 'no ids');
    assert.equal(requests.length, 1);
  }
});

test('an answer that cannot be read is a success', async () => {
  const { export: send } = world(() => ({ kind: 'response', status: 200, body: '<html>' }));
  assert.deepEqual(await send([tracesRecord(1, 1)]), { refused: [] });
});

test('one bad record takes no other with it', async () => {
  const { export: send } = world((request) => {
    const isBad = bodyOf(request).includes('bad');
    return { kind: 'response', status: isBad ? 400 : 200, body: isBad ? 'cannot decode' : '' };
  });
  const records = [1, 2, 3, 4, 5].map((sequence) =>
    tracesRecord(sequence, 2, sequence === 4 ? 'bad' : 'shop'),
  );
  const outcome = await send(records);
  assert.deepEqual(told(outcome), [[4, 2, 'rejected']]);
  assert.match(outcome.refused[0]?.detail ?? '', /answered 400: cannot decode/);
});

test('what is too large is cut down to items, and an item that is too large by itself is refused', async () => {
  const small = spans(40);
  const large = buildLargeSpan('x'.repeat(small.length));
  const limit = small.length * 0.7;
  const { requests, export: send } = world((request) => ({
    kind: 'response',
    status: bodyOf(request).length > limit ? 413 : 200,
  }));
  const body = Buffer.concat([small, large, small]);
  const outcome = await send([journalRecord(1, 'otlp-traces', 81, body)]);
  assert.deepEqual(told(outcome), [[1, 1, 'too_large']]);
  assert.equal(outcome.refused[0]?.ordinal, 40);
  const taken = requests.map(({ request }) => bodyOf(request)).filter(({ length }) => length <= limit);
  assert.equal(
    taken.reduce((sum, one) => sum + countItems(one), 0),
    80,
  );
  const before = requests.length;
  await send([journalRecord(2, 'otlp-traces', 40, small)]);
  assert.ok(
    requests.slice(before).every(({ request }) => bodyOf(request).length <= limit),
    'it has learnt what goes',
  );
});

/** A destination that needs longer the more it is sent. */
function slow(bytesMax: number): Receiver {
  return (request) =>
    bodyOf(request).length > bytesMax
      ? { kind: 'error', code: 'ETIMEDOUT' }
      : { kind: 'response', status: 200 };
}

async function callsUntilTaken(
  exporter: Pick<ReturnType<typeof world>, 'export'>,
  records: readonly JournalRecord[],
): Promise<number> {
  for (let calls = 1; calls <= 20; calls += 1) {
    try {
      assert.deepEqual(await exporter.export(records), { refused: [] });
      return calls;
    } catch (error) {
      assert.ok(error instanceof ExportError, String(error));
    }
  }
  return Number.POSITIVE_INFINITY;
}

test('what has no answer in time is sent in halves, and what was taken is not sent again', async () => {
  const records = [1, 2, 3, 4].map((sequence) => tracesRecord(sequence, 50));
  const bytes = spans(50).length;
  const limit = bytes * 0.6;
  const exporter = world(slow(limit), { requestBytesMax: bytes * 4 });
  assert.equal(await callsUntilTaken(exporter, records), 4);
  const taken = exporter.requests
    .map(({ request }) => bodyOf(request))
    .filter((body) => body.length <= limit);
  assert.equal(
    taken.reduce((sum, body) => sum + countItems(body), 0),
    200,
  );
});

test('negative control: sent as it was, it never gets through', async () => {
  class Stubborn extends RequestSize {
    override tooSlow(): void {}
  }
  const records = [1, 2, 3, 4].map((sequence) => tracesRecord(sequence, 50));
  const bytes = spans(50).length;
  const exporter = world(slow(bytes * 0.6), { requestBytesMax: bytes * 4 }, new Stubborn(bytes * 4));
  assert.equal(await callsUntilTaken(exporter, records), Number.POSITIVE_INFINITY);
});

test('an item that is too slow by itself is no dead letter', async () => {
  const exporter = world(slow(10));
  assert.equal(await callsUntilTaken(exporter, [tracesRecord(1, 1)]), Number.POSITIVE_INFINITY);
});

const LATER: readonly (readonly [number, string | undefined, number | undefined])[] = [
  [429, '7', 7000],
  [502, undefined, undefined],
  [503, '1', 1000],
  [504, undefined, undefined],
  [401, undefined, undefined],
  [302, undefined, undefined],
];
for (const [status, header, retryAfterMs] of LATER) {
  test(`${status} is for later, and only the rest is sent again`, async () => {
    let failing = true;
    const { requests, export: send } = world((request) => {
      const fails = failing && request.url === URLS.logs;
      return {
        kind: 'response',
        status: fails ? status : 200,
        ...(header === undefined ? {} : { headers: { 'retry-after': header } }),
      };
    });
    const records = [
      tracesRecord(1, 1),
      journalRecord(2, 'otlp-logs', 1, buildLogs({ logs: [{ nanos: NANOS }] })),
    ];
    const error = await send(records).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ExportError);
    assert.equal(error.retryAfterMs, retryAfterMs);
    failing = false;
    assert.deepEqual(await send(records), { refused: [] });
    assert.deepEqual(
      requests.map(({ request }) => request.url),
      [URLS.traces, URLS.logs, URLS.logs],
    );
  });
}

for (const [status, reason] of [
  [400, 'rejected'],
  [422, 'rejected'],
  [500, 'rejected'],
  [505, 'rejected'],
  [404, 'no_such_signal'],
] as const) {
  test(`${status} is never sent again: ${reason}`, async () => {
    const { export: send, requests } = world(() => ({ kind: 'response', status }));
    assert.deepEqual(told(await send([tracesRecord(1, 2)])), [[1, 2, reason]]);
    assert.equal(requests.length, 1);
  });
}

test('a connection that breaks is for later', async () => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET']) {
    const { export: send } = world(() => ({ kind: 'error', code }));
    await assert.rejects(send([tracesRecord(1, 2)]), ExportError);
  }
});
