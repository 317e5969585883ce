/**
 * What every OTLP/HTTP server owes its senders (OTLP 1.11 and the table of our
 * own answers where it leaves things open). Knows nothing of what is behind the
 * URL, so it can be pointed at any server.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Random } from '#base/random.ts';
import { seededRandom } from '#base/sim/random.ts';
import { buildLogs, buildMetrics, buildTraces } from '#test/support/otlp.ts';
import { ask, openRaw, rawRequest, type RawResponse } from '#test/support/raw-http.ts';
import { until } from '#test/support/wait.ts';

export interface OtlpHttpTarget extends AsyncDisposable {
  readonly url: string;
  /** The limit on a body, as sent and inflated. */
  readonly bodyBytesMax: number;
  /** How long a body may take. */
  readonly readTimeoutMs: number;
}

export const PROTOBUF = 'application/x-protobuf';
export const JSON_TYPE = 'application/json';
const PROTOBUF_HEADERS = { 'content-type': PROTOBUF };

const NOW = 1_700_000_000_000_000_000n;
const SPAN = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  startNanos: NOW,
  endNanos: NOW + 1_000_000n,
};
export const TRACES = buildTraces({ service: 'conformance', spans: [SPAN] });
const LOGS = buildLogs({ service: 'conformance', logs: [{ nanos: NOW, body: 'hello' }] });
const METRICS = buildMetrics({
  service: 'conformance',
  metrics: [{ name: 'g', kind: 'gauge', points: [{ nanos: NOW, value: 1 }] }],
});
const TRACES_JSON = JSON.stringify({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'conformance' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: SPAN.traceId.toUpperCase(),
              spanId: SPAN.spanId,
              name: 'json',
              kind: 2,
              startTimeUnixNano: String(NOW),
              endTimeUnixNano: String(NOW + 5n),
              unknownField: { deep: [1, 2, 3] },
            },
          ],
        },
      ],
    },
  ],
});

/** Text of `google.rpc.Status.message`, in either encoding; fails when it is none. */
export function statusMessage(response: RawResponse): string {
  const type = response.headers['content-type'];
  if (type === JSON_TYPE) {
    const { message } = JSON.parse(response.body.toString('utf8')) as { message?: unknown };
    ok(typeof message === 'string' && message !== '', 'a Status has a message');
    return message;
  }
  equal(type, PROTOBUF);
  const message = lengthDelimited(response.body, 2);
  ok(message !== undefined && message.length > 0, 'a Status has a message');
  return message.toString('utf8');
}

/** Bytes of the first field `number` with wire type 2; enough of protobuf to read an answer independently. */
function lengthDelimited(body: Buffer, number: number): Buffer | undefined {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = body[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < body.length) {
    const tag = varint();
    if ((tag & 7) === 0) {
      varint();
      continue;
    }
    equal(tag & 7, 2, 'a Status has only varints and strings');
    const length = varint();
    if (tag >> 3 === number) return body.subarray(at, at + length);
    at += length;
  }
  return undefined;
}

/** @param start with the time that a body may take, or one that no test reaches */
export function otlpHttpConformance(
  name: string,
  start: (readTimeoutMs?: number) => Promise<OtlpHttpTarget>,
): void {
  describe(`OTLP/HTTP: ${name}`, () => {
    let target: OtlpHttpTarget;
    before(async () => void (target = await start()));
    after(() => target[Symbol.asyncDispose]());

    async function post(
      path: string,
      body: Uint8Array | string,
      headers: Readonly<Record<string, string>> = PROTOBUF_HEADERS,
      method = 'POST',
    ): Promise<RawResponse> {
      const response = await ask(target.url, rawRequest(path, headers, body, method));
      ok(response !== undefined, 'every request is answered');
      return response;
    }

    /** The server is alive and takes a good request. */
    async function stillServes(): Promise<void> {
      equal((await post('/v1/traces', TRACES)).status, 200);
    }

    accepted(post);
    refused(() => target, post);
    limits(() => target, post, stillServes);
    late(start);
    hostile(() => target, stillServes);
  });
}

type Post = (
  path: string,
  body: Uint8Array | string,
  headers?: Readonly<Record<string, string>>,
  method?: string,
) => Promise<RawResponse>;

function accepted(post: Post): void {
  const bodies = { traces: TRACES, logs: LOGS, metrics: METRICS } as const;
  for (const [signal, body] of Object.entries(bodies)) {
    test(`${signal}: full success is 200 with an empty response`, async () => {
      const response = await post(`/v1/${signal}`, body);
      deepEqual(
        [response.status, response.headers['content-type'], response.body.length],
        [200, PROTOBUF, 0],
      );
    });
    test(`${signal}: gzip is taken`, async () => {
      const response = await post(`/v1/${signal}`, gzipSync(body), {
        ...PROTOBUF_HEADERS,
        'content-encoding': 'gzip',
      });
      deepEqual([response.status, response.body.length], [200, 0]);
    });
    test(`${signal}: an empty request is a success`, async () => {
      equal((await post(`/v1/${signal}`, '')).status, 200);
      const json = await post(`/v1/${signal}`, '{}', { 'content-type': JSON_TYPE });
      deepEqual([json.status, json.body.toString()], [200, '{}']);
    });
  }

  test('JSON is answered in JSON; ids in any case, unknown fields ignored', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const response = await post('/v1/traces', TRACES_JSON, headers);
    deepEqual(
      [response.status, response.headers['content-type'], response.body.toString()],
      [200, JSON_TYPE, '{}'],
    );
  });

  test('media type and encoding are compared without case', async () => {
    const headers = { 'Content-Type': 'Application/X-Protobuf', 'Content-Encoding': 'GZIP' };
    equal((await post('/v1/traces', gzipSync(TRACES), headers)).status, 200);
    const identity = { ...PROTOBUF_HEADERS, 'content-encoding': 'identity' };
    equal((await post('/v1/traces', TRACES, identity)).status, 200);
  });

  test('invalid spans are cut out and counted in partial_success', async () => {
    const bad = { ...SPAN, traceId: '0'.repeat(32) };
    const mixed = buildTraces({ service: 'conformance', spans: [SPAN, bad, bad] });
    const response = await post('/v1/traces', mixed);
    equal(response.status, 200);
    const partial = lengthDelimited(response.body, 1);
    deepEqual([partial?.[0], partial?.[1]], [0x08, 2], 'rejected_spans is the exact count');
    ok((lengthDelimited(partial ?? Buffer.alloc(0), 2)?.length ?? 0) > 0, 'and says why');
    equal((await post('/v1/traces', buildTraces({ service: 'c', spans: [bad] }))).status, 200);
  });
}

function refused(target: () => OtlpHttpTarget, post: Post): void {
  const json = { 'content-type': JSON_TYPE };
  const cases: readonly (readonly [
    name: string,
    status: number,
    path: string,
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>>,
    method?: string,
  ])[] = [
    ['garbage as protobuf', 400, '/v1/traces', Buffer.from([0x0a, 0xff, 0xff, 0xff]), PROTOBUF_HEADERS],
    ['a length past the end', 400, '/v1/logs', Buffer.from([0x0a, 0x7f, 0x01]), PROTOBUF_HEADERS],
    ['broken JSON', 400, '/v1/traces', '{"resourceSpans": [', json],
    ['JSON of another shape', 400, '/v1/metrics', '{"resourceMetrics": 3}', json],
    ['gzip that is none', 400, '/v1/traces', TRACES, { ...PROTOBUF_HEADERS, 'content-encoding': 'gzip' }],
    [
      'cut gzip',
      400,
      '/v1/traces',
      gzipSync(TRACES).subarray(0, -9),
      { ...PROTOBUF_HEADERS, 'content-encoding': 'gzip' },
    ],
    ['an unknown path', 404, '/v1/nothing', TRACES, PROTOBUF_HEADERS],
    ['an unknown path in JSON', 404, '/', '{}', json],
    ['GET', 405, '/v1/traces', '', PROTOBUF_HEADERS, 'GET'],
    ['PUT in JSON', 405, '/v1/logs', '{}', json, 'PUT'],
    ['an unknown media type', 415, '/v1/traces', 'x', { 'content-type': 'text/plain' }],
    ['no media type', 415, '/v1/traces', TRACES, {}],
    ['an unknown encoding', 415, '/v1/traces', TRACES, { ...PROTOBUF_HEADERS, 'content-encoding': 'br' }],
    [
      'stacked encodings',
      415,
      '/v1/traces',
      gzipSync(gzipSync(TRACES)),
      { ...PROTOBUF_HEADERS, 'content-encoding': 'gzip, gzip' },
    ],
  ];
  for (const [name, status, path, body, headers, method] of cases) {
    test(`refused with a Status in the request's encoding: ${name}`, async () => {
      const response = await post(path, body, headers, method);
      equal(response.status, status);
      const wanted = headers['content-type'] === PROTOBUF ? PROTOBUF : JSON_TYPE;
      equal(response.headers['content-type'], wanted);
      statusMessage(response);
      if (status === 405) equal(response.headers['allow'], 'POST');
    });
  }

  test('a refused sender keeps its connection', async () => {
    using connection = await openRaw(target().url);
    await connection.send(rawRequest('/v1/traces', { 'content-type': 'text/plain' }, 'x'.repeat(100_000)));
    equal((await connection.next())?.status, 415);
    await connection.send(rawRequest('/v1/traces', PROTOBUF_HEADERS, TRACES));
    equal((await connection.next())?.status, 200);
  });

  test('no CORS header is ever sent', async () => {
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' };
    const response = await post('/v1/traces', '', headers, 'OPTIONS');
    ok(response.status >= 400);
    deepEqual(
      Object.keys(response.headers).filter((name) => name.startsWith('access-control')),
      [],
    );
  });
}

function limits(target: () => OtlpHttpTarget, post: Post, stillServes: () => Promise<void>): void {
  test('over the limit by Content-Length: 413 before the body', async () => {
    using connection = await openRaw(target().url);
    const length = String(target().bodyBytesMax + 1);
    await connection.send(rawRequest('/v1/traces', { ...PROTOBUF_HEADERS, 'content-length': length }));
    const response = await connection.next();
    equal(response?.status, 413);
    ok(response !== undefined && statusMessage(response) !== '');
  });

  test('over the limit in chunks: 413 while they come', async () => {
    using connection = await openRaw(target().url);
    await connection.send(rawRequest('/v1/traces', { ...PROTOBUF_HEADERS, 'transfer-encoding': 'chunked' }));
    const piece = Buffer.alloc(1024 * 1024, 0x7f);
    const chunk = Buffer.concat([
      Buffer.from(`${piece.length.toString(16)}\r\n`),
      piece,
      Buffer.from('\r\n'),
    ]);
    for (let sent = 0; sent <= target().bodyBytesMax; sent += piece.length) await connection.send(chunk);
    equal((await connection.next())?.status, 413);
    await stillServes();
  });

  test('over the limit after decompression: 413', async () => {
    const bomb = gzipSync(Buffer.alloc(target().bodyBytesMax + 1));
    const response = await post('/v1/traces', bomb, { ...PROTOBUF_HEADERS, 'content-encoding': 'gzip' });
    equal(response.status, 413);
    match(statusMessage(response), /decompress/);
    await stillServes();
  });

  test('nested 1,000,000 deep: 400', async () => {
    const deep = `{"resourceSpans":${'['.repeat(1_000_000)}`;
    equal((await post('/v1/traces', deep, { 'content-type': JSON_TYPE })).status, 400);
    const unknown = `{"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`;
    equal((await post('/v1/traces', unknown, { 'content-type': JSON_TYPE })).status, 400);
    await stillServes();
  });

  test('headers over the limit: 431 or 400, and alive', async () => {
    const response = await ask(
      target().url,
      rawRequest('/v1/traces', { ...PROTOBUF_HEADERS, 'x-big': 'a'.repeat(1_000_000) }, TRACES),
    );
    if (response !== undefined) ok(response.status === 431 || response.status === 400);
    await stillServes();
  });
}

function late(start: (readTimeoutMs: number) => Promise<OtlpHttpTarget>): void {
  test('a body that stays away: 408 within the time, and the connection closes', async () => {
    await using target = await start(200);
    const started = performance.now();
    using connection = await openRaw(target.url);
    await connection.send(rawRequest('/v1/traces', { ...PROTOBUF_HEADERS, 'content-length': '1000' }, 'abc'));
    const response = await connection.next(target.readTimeoutMs + 10_000);
    equal(response?.status, 408);
    ok(performance.now() - started >= target.readTimeoutMs * 0.9);
    ok(await connection.closed(10_000));
    // On a machine that stalls a good request may be late as well.
    const good = rawRequest('/v1/traces', PROTOBUF_HEADERS, TRACES);
    const serves = async (): Promise<boolean> => (await ask(target.url, good))?.status === 200;
    await until('a good request to be taken', serves, { timeoutMs: 10_000 });
  });
}

/** A few bytes changed, and now and then an end cut off. */
function damage(original: Uint8Array, random: Random): Buffer {
  const bytes = Buffer.from(original);
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

/** Bytes that crashed servers elsewhere. The answer may differ; dying, hanging or answering 2xx may not. */
function hostile(target: () => OtlpHttpTarget, stillServes: () => Promise<void>): void {
  const body = TRACES.length;
  const corpus: readonly (readonly [
    name: string,
    request: string | Uint8Array,
    statuses: readonly number[],
  ])[] = [
    ['unparsable absolute target', rawRequest('http://[bad', PROTOBUF_HEADERS, TRACES), [400, 404]],
    [
      'absolute target',
      rawRequest('http://elsewhere.example/v1/traces', PROTOBUF_HEADERS, TRACES),
      [200, 404],
    ],
    ['asterisk', rawRequest('*', PROTOBUF_HEADERS, '', 'OPTIONS'), [400, 404, 405]],
    [
      'a __proto__ header',
      rawRequest('/v1/traces', { ...PROTOBUF_HEADERS, ['__proto__x'.slice(0, 9)]: 'x' }, TRACES),
      [200, 400],
    ],
    [
      'broken trace context',
      rawRequest(
        '/v1/traces',
        { ...PROTOBUF_HEADERS, traceparent: '00-zz', tracestate: '=,=,', baggage: ';;;=%zz' },
        TRACES,
      ),
      [200],
    ],
    [
      'two lengths',
      `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: ${body}\r\ncontent-length: 1\r\n\r\n`,
      [400],
    ],
    [
      'length and chunks',
      `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      [400],
    ],
    [
      'negative length',
      `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: -1\r\n\r\n`,
      [400],
    ],
    [
      'a broken chunk size',
      `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${PROTOBUF}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n`,
      [400],
    ],
    [
      'an endless chunk size',
      `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${PROTOBUF}\r\ntransfer-encoding: chunked\r\n\r\n${'f'.repeat(40)}\r\n`,
      [400, 413],
    ],
    [
      'no host',
      `POST /v1/traces HTTP/1.1\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: 0\r\n\r\n`,
      [400, 403],
    ],
    ['not HTTP at all', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000 hello\r\n\r\n', [400]],
    ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505]],
    [
      'NUL in a header',
      `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nx: a\u0000b\r\ncontent-length: 0\r\n\r\n`,
      [400],
    ],
    [
      'an unknown expectation',
      rawRequest('/v1/traces', { ...PROTOBUF_HEADERS, expect: 'the-spanish-inquisition' }, TRACES),
      [200, 417],
    ],
  ];
  for (const [name, request, statuses] of corpus) {
    test(`survived: ${name}`, async () => {
      const response = await ask(target().url, request);
      if (response !== undefined) ok(statuses.includes(response.status), `answered ${response.status}`);
      await stillServes();
    });
  }

  test('survived: CONNECT and upgrade', async () => {
    await ask(target().url, 'CONNECT a:1 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const upgrade = { ...PROTOBUF_HEADERS, connection: 'upgrade', upgrade: 'h2c' };
    await ask(target().url, rawRequest('/v1/traces', upgrade, TRACES));
    await stillServes();
  });

  test('survived: a sender that goes away in the middle, 100 times', async () => {
    const whole = rawRequest('/v1/traces', PROTOBUF_HEADERS, TRACES);
    for (let cut = 1; cut <= 100; cut += 1) {
      using connection = await openRaw(target().url);
      await connection.send(whole.subarray(0, Math.floor((whole.length * cut) / 101)));
    }
    await stillServes();
  });

  test('survived: 300 damaged bodies, each taken or called malformed', async () => {
    const seed = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
    const random = seededRandom(seed);
    const originals = [TRACES, LOGS, METRICS, Buffer.from(TRACES_JSON)] as const;
    using connection = await openRaw(target().url);
    for (let round = 0; round < 300; round += 1) {
      const which = random.below(originals.length);
      const damaged = damage(originals[which] ?? TRACES, random);
      const path = `/v1/${['traces', 'logs', 'metrics', 'traces'][which]}`;
      const type = which === 3 ? JSON_TYPE : PROTOBUF;
      await connection.send(rawRequest(path, { 'content-type': type }, damaged));
      const status = (await connection.next())?.status;
      ok(status === 200 || status === 400, `seed ${seed}, round ${round}: ${status}`);
    }
    await stillServes();
  });

  test('pipelined requests are answered in order', async () => {
    using connection = await openRaw(target().url);
    const good = rawRequest('/v1/traces', PROTOBUF_HEADERS, TRACES);
    const unknown = rawRequest('/v1/nothing', PROTOBUF_HEADERS, TRACES);
    await connection.send(Buffer.concat([good, unknown, good, good, unknown]));
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await connection.next())?.status);
    deepEqual(statuses, [200, 404, 200, 200, 404]);
  });

  test('100-continue goes out only when the body is wanted', async () => {
    using wanted = await openRaw(target().url);
    const expect = { ...PROTOBUF_HEADERS, expect: '100-continue' };
    await wanted.send(rawRequest('/v1/traces', { ...expect, 'content-length': String(TRACES.length) }));
    equal((await wanted.next())?.status, 100);
    await wanted.send(TRACES);
    equal((await wanted.next())?.status, 200);
    using tooLarge = await openRaw(target().url);
    const length = String(target().bodyBytesMax + 1);
    await tooLarge.send(rawRequest('/v1/traces', { ...expect, 'content-length': length }));
    equal((await tooLarge.next())?.status, 413);
  });
}
