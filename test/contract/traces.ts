/**
 * The contract of TraceReader, run on every backend that stores spans. A
 * backend brings a way to write, to make durable, and to come back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '#base/invariant.ts';
import { isCoded } from '#base/errors.ts';
import type { TraceId } from '#signals/ids.ts';
import type { Trace, TraceReader, TraceSearch } from '#storage/ports.ts';
import type { TestRecord } from '#test/support/documents-world.ts';
import { buildTraces, type TestResource, type TestSpan } from '#test/support/otlp.ts';

export interface TraceBackend extends AsyncDisposable {
  readonly reader: TraceReader;
  /** Resolves when the records can be asked for. */
  write(records: readonly TestRecord[]): Promise<void>;
  /** Makes what was written durable. */
  flush(): Promise<void>;
  /** Stop and start; everything written must be there afterwards. */
  restart(): Promise<void>;
}

export const BASE = 1_700_000_000_000_000_000n;
const MS = 1_000_000n;

export function hex(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

export function traceId(number: number): TraceId {
  return hex(number, 32) as TraceId;
}

/** Span `number` of trace `trace`, one millisecond long, starting `number` ms after the epoch of the tests. */
export function span(trace: number, number: number, more: Partial<TestSpan> = {}): TestSpan {
  const startNanos = BASE + BigInt(number) * MS;
  return {
    traceId: traceId(trace),
    spanId: hex(number + 1, 16),
    startNanos,
    endNanos: startNanos + MS,
    ...more,
  };
}

export function spansRecord(resource: TestResource, spans: readonly TestSpan[]): TestRecord {
  return { kind: 'otlp-traces', items: spans.length, body: buildTraces({ ...resource, spans }) };
}

export function search(service: string, more: Partial<TraceSearch> = {}): TraceSearch {
  return {
    service,
    operation: undefined,
    attributes: {},
    durationNanosMin: undefined,
    durationNanosMax: undefined,
    startUnixNanosMin: 0n,
    startUnixNanosMax: 2n ** 63n - 1n,
    tracesMax: 100,
    ...more,
  };
}

function ids(traces: readonly Trace[]): number[] {
  return traces.map((trace) => Number.parseInt(trace.traceId, 16));
}

function spanIds(trace: Trace | undefined): string[] {
  return (trace?.spans ?? []).map((one) => one.id);
}

/** Every criterion: what finds trace 1 and not trace 2, and a negative of it. */
const CRITERIA: readonly {
  readonly what: string;
  readonly one: Partial<TestSpan>;
  readonly found: Partial<TraceSearch>;
  readonly missed: Partial<TraceSearch>;
}[] = [
  {
    what: 'operation',
    one: { name: 'GET /a' },
    found: { operation: 'GET /a' },
    missed: { operation: 'GET' },
  },
  {
    what: 'text',
    one: { attributes: { 'http.route': '/a/:id' } },
    found: { attributes: { 'http.route': '/a/:id' } },
    missed: { attributes: { 'http.route': '/a/' } },
  },
  {
    what: 'text with quotes, blanks and other alphabets',
    one: { attributes: { 'ключ "k"': ` "a":"b" 'x' %_\\ 🚢\u0000 ` } },
    found: { attributes: { 'ключ "k"': ` "a":"b" 'x' %_\\ 🚢\u0000 ` } },
    missed: { attributes: { a: 'b' } },
  },
  {
    what: 'text that is a regular expression',
    one: { attributes: { 'url.query': 'a=[1-9]&b=x+&c=.*' } },
    found: { attributes: { 'url.query': 'a=[1-9]&b=x+&c=.*' } },
    missed: { attributes: { 'url.query': '.*' } },
  },
  {
    what: 'text that is not quite a regular expression',
    one: { attributes: { 'url.query': 'a=(1' } },
    found: { attributes: { 'url.query': 'a=(1' } },
    missed: { attributes: { 'url.query': 'a=(' } },
  },
  {
    what: 'text with points',
    one: { attributes: { 'app.version': '1.5.2' } },
    found: { attributes: { 'app.version': '1.5.2' } },
    missed: { attributes: { 'app.version': '1.5.' } },
  },
  {
    what: 'a key that is a number',
    one: { attributes: { b: 'x', '7': 'seven' } },
    found: { attributes: { '7': 'seven', b: 'x' } },
    missed: { attributes: { '7': 'x' } },
  },
  {
    what: 'a 64-bit integer',
    one: { attributes: { big: 9_223_372_036_854_775_807n } },
    found: { attributes: { big: '9223372036854775807' } },
    missed: { attributes: { big: '9223372036854775806' } },
  },
  {
    what: 'a negative integer',
    one: { attributes: { n: -9_223_372_036_854_775_808n } },
    found: { attributes: { n: '-9223372036854775808' } },
    missed: { attributes: { n: '9223372036854775808' } },
  },
  {
    what: 'a double',
    one: { attributes: { ratio: 0.25 } },
    found: { attributes: { ratio: '0.25' } },
    missed: { attributes: { ratio: '0.2' } },
  },
  {
    what: 'a boolean',
    one: { attributes: { cached: true } },
    found: { attributes: { cached: 'true' } },
    missed: { attributes: { cached: 'false' } },
  },
  {
    what: 'error=true by status',
    one: { statusCode: 2 },
    found: { attributes: { error: 'true' } },
    missed: { attributes: { error: 'false' } },
  },
  {
    what: 'span.kind',
    one: { kind: 3 },
    found: { attributes: { 'span.kind': 'client' } },
    missed: { attributes: { 'span.kind': 'producer' } },
  },
  {
    what: 'otel.status_code',
    one: { statusCode: 1 },
    found: { attributes: { 'otel.status_code': 'OK' } },
    missed: { attributes: { 'otel.status_code': 'ERROR' } },
  },
  {
    what: 'otel.status_description',
    one: { statusCode: 2, statusMessage: 'no route' },
    found: { attributes: { 'otel.status_description': 'no route' } },
    missed: { attributes: { 'otel.status_description': 'route' } },
  },
  {
    what: 'shortest duration',
    one: { endNanos: BASE + 500n * MS },
    found: { durationNanosMin: 400n * MS },
    missed: { durationNanosMin: 501n * MS },
  },
  {
    what: 'longest duration',
    one: { endNanos: BASE + 1000n },
    found: { durationNanosMax: 1000n },
    missed: { durationNanosMax: 999n },
  },
  {
    what: 'time range, both ends inclusive',
    one: { startNanos: BASE - 50_000n, endNanos: BASE },
    found: { startUnixNanosMin: BASE - 50_000n, startUnixNanosMax: BASE - 50_000n },
    missed: { startUnixNanosMin: BASE - 49_000n, startUnixNanosMax: BASE - 1000n },
  },
];

const OPERATION_SPANS = [
  span(1, 1, { name: 'b' }),
  span(1, 2, { name: 'a', kind: 3 }),
  span(2, 3, { name: 'b' }),
];
const OPERATIONS = [
  { name: 'a', kind: 'client' },
  { name: 'b', kind: 'server' },
];

/**
 * `restart`: what was written is there after a stop and a start.
 * `operation-kinds`: it knows the kinds of operations, not only of spans.
 * `nanoseconds`: times are kept to the nanosecond; else to the microsecond.
 */
export type TraceFeature = 'restart' | 'operation-kinds' | 'nanoseconds';

/**
 * @param make a fresh, empty backend; the reason when there is none to be had here
 * @param lacks what it cannot do, and why
 */
export function traceReaderContract(
  name: string,
  make: () => Promise<TraceBackend | { readonly missing: string }>,
  lacks: Readonly<Partial<Record<TraceFeature, string>>> = {},
): void {
  const check = (
    title: string,
    body: (backend: TraceBackend) => Promise<void>,
    feature?: TraceFeature,
  ): void => {
    void test(`${name}: ${title}`, async (t) => {
      const reason = feature === undefined ? undefined : lacks[feature];
      if (reason !== undefined) return t.skip(reason);
      const made = await make();
      if ('missing' in made) return t.skip(made.missing);
      await using backend = made;
      await body(backend);
    });
  };

  check('an empty store has nothing, and says so', async ({ reader }) => {
    assert.deepEqual(await reader.services(), []);
    assert.deepEqual(await reader.operations('shop'), []);
    assert.equal(await reader.trace(traceId(1)), undefined);
    assert.deepEqual(await reader.searchTraces(search('shop')), []);
  });

  check('a span comes back as it was sent, from memory and from disk', async (backend) => {
    const attributes = {
      text: 'å\u0000"\\\n',
      yes: true,
      big: 2n ** 63n - 1n,
      half: 0.5,
      whole: 3,
      '1': 'one',
    };
    const sent = span(1, 1, {
      name: 'взять',
      kind: 5,
      parentSpanId: 'fedcba9876543210',
      attributes,
      statusCode: 2,
      statusMessage: 'x',
    });
    await backend.write([
      spansRecord({ service: 'shop', resource: { 'host.name': 'h' }, scope: 'lib' }, [sent]),
    ]);
    const before = present(await backend.reader.trace(traceId(1)), 'it was written');
    const [got] = before.spans;
    assert.deepEqual(got?.attributes, [
      { key: '1', value: { kind: 'string', value: 'one' } },
      { key: 'text', value: { kind: 'string', value: 'å\u0000"\\\n' } },
      { key: 'yes', value: { kind: 'bool', value: true } },
      { key: 'big', value: { kind: 'int', value: 2n ** 63n - 1n } },
      { key: 'half', value: { kind: 'double', value: 0.5 } },
      { key: 'whole', value: { kind: 'double', value: 3 } },
    ]);
    assert.deepEqual(
      [got?.name, got?.kind, got?.parentSpanId, got?.statusCode, got?.statusMessage, got?.scope.name],
      ['взять', 'consumer', 'fedcba9876543210', 'error', 'x', 'lib'],
    );
    assert.deepEqual([got?.startUnixNanos, got?.endUnixNanos], [sent.startNanos, sent.endNanos]);
    await backend.flush();
    assert.deepEqual(await backend.reader.trace(traceId(1)), before);
  });

  check('every search criterion finds what has it and nothing else', async (backend) => {
    const records = CRITERIA.map(({ one }, number) =>
      spansRecord({ service: `s${number}` }, [span(1, 0, one), span(2, 1, { name: 'other' })]),
    );
    await backend.write(records);
    for (const place of ['memory', 'disk']) {
      if (place === 'disk') await backend.flush();
      for (const [number, { what, found, missed }] of CRITERIA.entries()) {
        const ask = async (criteria: Partial<TraceSearch>): Promise<number[]> =>
          ids(await backend.reader.searchTraces(search(`s${number}`, criteria)));
        assert.deepEqual(
          (await ask(found)).filter((id) => id === 1),
          [1],
          `${what} is found in ${place}`,
        );
        if (what !== 'span.kind' && what !== 'longest duration') {
          assert.deepEqual(await ask(found), [1], `${what} finds only it in ${place}`);
        }
        assert.deepEqual(await ask(missed), [], `${what} is not found by another value in ${place}`);
      }
    }
  });

  check(
    'times are exact to the nanosecond',
    async (backend) => {
      const exact = span(1, 0, { startNanos: BASE - 50n, endNanos: BASE - 49n });
      await backend.write([spansRecord({ service: 'shop' }, [exact])]);
      for (const place of ['memory', 'disk']) {
        if (place === 'disk') await backend.flush();
        const foundFrom = async (startUnixNanosMin: bigint, startUnixNanosMax: bigint): Promise<number> =>
          (await backend.reader.searchTraces(search('shop', { startUnixNanosMin, startUnixNanosMax })))
            .length;
        assert.equal(await foundFrom(BASE - 50n, BASE - 50n), 1, place);
        assert.equal(await foundFrom(BASE - 49n, BASE), 0, place);
        assert.equal(await foundFrom(BASE - 100n, BASE - 51n), 0, place);
        const [got] = (await backend.reader.trace(traceId(1)))?.spans ?? [];
        assert.deepEqual([got?.startUnixNanos, got?.endUnixNanos], [exact.startNanos, exact.endNanos]);
      }
    },
    'nanoseconds',
  );

  check('texts that look alike use up no limit, and a long one is no error', async (backend) => {
    const values = ['1.5', '125', '1x5', '1-5', 'x'.repeat(1200)];
    const spans = values.map((value, index) => span(index + 1, index, { attributes: { amount: value } }));
    await backend.write([spansRecord({ service: 'shop' }, spans)]);
    const ask = async (amount: string): Promise<number[]> =>
      ids(await backend.reader.searchTraces(search('shop', { attributes: { amount }, tracesMax: 1 })));
    assert.deepEqual(await ask('1.5'), [1]);
    // Not every store searches for texts as long as that.
    assert.ok([0, 1].includes((await ask('x'.repeat(1200))).length));
    assert.deepEqual(await ask(`${'x'.repeat(1200)}+`), []);
  });

  check('attributes of the resource and the scope count, all pairs on one span', async (backend) => {
    const spans = [span(1, 1, { attributes: { a: '1' } }), span(1, 2, { attributes: { b: '2' } })];
    await backend.write([spansRecord({ service: 'shop', resource: { zone: 'z1' }, scope: 'lib' }, spans)]);
    const ask = async (attributes: Record<string, string>): Promise<number> =>
      (await backend.reader.searchTraces(search('shop', { attributes }))).length;
    assert.equal(await ask({ zone: 'z1', a: '1' }), 1);
    assert.equal(await ask({ 'otel.scope.name': 'lib', b: '2' }), 1);
    assert.equal(await ask({ a: '1', b: '2' }), 0, 'they are on two spans');
  });

  check(
    'a whole trace comes, whatever service matched; newest first; not more than asked for',
    async (backend) => {
      for (const number of [1, 2, 3, 4]) {
        const spans = [span(number, number * 10), span(number, number * 10 + 1)];
        await backend.write([spansRecord({ service: 'front' }, spans)]);
        if (number === 2) await backend.flush();
        await backend.write([spansRecord({ service: 'back' }, [span(number, number * 10 + 2)])]);
      }
      const traces = await backend.reader.searchTraces(search('front', { tracesMax: 3 }));
      assert.deepEqual(ids(traces), [4, 3, 2]);
      assert.deepEqual(
        traces.map((trace) => trace.spans.length),
        [3, 3, 3],
      );
      assert.deepEqual(await backend.reader.searchTraces(search('nobody')), []);
      assert.deepEqual(await backend.reader.services(), ['back', 'front']);
    },
  );

  check(
    'operations have their kinds',
    async (backend) => {
      await backend.write([spansRecord({ service: 'shop/ü' }, OPERATION_SPANS)]);
      assert.deepEqual(await backend.reader.operations('shop/ü'), OPERATIONS);
      await backend.flush();
      assert.deepEqual(await backend.reader.operations('shop/ü'), OPERATIONS);
    },
    'operation-kinds',
  );

  check(
    'a restart keeps traces, services and operations',
    async (backend) => {
      await backend.write([spansRecord({ service: 'shop/ü' }, OPERATION_SPANS)]);
      await backend.flush();
      const before = await backend.reader.trace(traceId(1));
      assert.equal(before?.spans.length, 2);
      await backend.restart();
      assert.deepEqual(await backend.reader.trace(traceId(1)), before);
      const names = OPERATIONS.map(({ name }) => name);
      assert.deepEqual(
        (await backend.reader.operations('shop/ü')).map(({ name }) => name),
        names,
      );
      assert.deepEqual(await backend.reader.services(), ['shop/ü']);
    },
    'restart',
  );

  check(
    'a trace of 20,000 spans in many records, memory and disk comes whole, each span once',
    async (backend) => {
      for (let part = 0; part < 4; part += 1) {
        const spans = Array.from({ length: 5000 }, (_, index) => span(part < 4 ? 7 : 8, part * 5000 + index));
        await backend.write([spansRecord({ service: 'shop' }, spans)]);
        if (part < 3) await backend.flush();
      }
      const trace = await backend.reader.trace(traceId(7));
      assert.equal(trace?.spans.length, 20_000);
      assert.equal(new Set(spanIds(trace)).size, 20_000);
      assert.equal(new Set(trace?.spans.map((one) => one.spanId)).size, 20_000);
      const starts = trace?.spans.map((one) => one.startUnixNanos) ?? [];
      assert.deepEqual(
        starts,
        starts.toSorted((a, b) => Number(a - b)),
      );
    },
  );

  check('the same span sent twice is two items', async (backend) => {
    await backend.write([
      spansRecord({ service: 'shop' }, [span(1, 1)]),
      spansRecord({ service: 'shop' }, [span(1, 1)]),
    ]);
    assert.equal((await backend.reader.trace(traceId(1)))?.spans.length, 2);
  });

  check('several ids at once: those that are stored, whole, each once, in their order', async (backend) => {
    for (const number of [1, 2, 3]) {
      await backend.write([spansRecord({ service: 'front' }, [span(number, number)])]);
      if (number < 3) await backend.flush();
    }
    // One trace in a file and in memory.
    await backend.write([spansRecord({ service: 'back' }, [span(1, 9)])]);
    const asked = [3, 7, 1, 3, 2].map(traceId);
    for (const place of ['memory and disk', 'disk']) {
      if (place === 'disk') await backend.flush();
      const found = await backend.reader.traces(asked);
      assert.deepEqual(ids(found), [3, 1, 2], place);
      for (const trace of found) assert.deepEqual(trace, await backend.reader.trace(trace.traceId), place);
    }
    assert.deepEqual(ids(await backend.reader.traces([traceId(1)])), [1]);
    assert.deepEqual(await backend.reader.traces([traceId(7)]), []);
    assert.deepEqual(await backend.reader.traces([traceId(7), traceId(8)]), []);
    // Ids that share their low half are different traces.
    const twin = `${'a'.repeat(16)}${hex(1, 16)}` as TraceId;
    assert.deepEqual(await backend.reader.traces([twin, traceId(8)]), []);
    const reason = new Error('enough');
    await assert.rejects(backend.reader.traces(asked, AbortSignal.abort(reason)), reason);
  });

  check('an aborted call rejects, and the next one answers', async (backend) => {
    await backend.write([spansRecord({ service: 'shop' }, [span(1, 1)])]);
    const reason = new Error('enough');
    await assert.rejects(backend.reader.trace(traceId(1), AbortSignal.abort(reason)), reason);
    const controller = new AbortController();
    const running = backend.reader.searchTraces(search('shop'), controller.signal);
    controller.abort(reason);
    await running.catch((error: unknown) => assert.equal(error, reason));
    assert.equal((await backend.reader.trace(traceId(1)))?.spans.length, 1);
  });

  check('a limit out of range is refused', async ({ reader }) => {
    for (const tracesMax of [0, 1501, 1.5]) {
      await assert.rejects(
        async () => reader.searchTraces(search('shop', { tracesMax })),
        (error) => isCoded(error, 'PLIM_PARAMETER'),
      );
    }
    for (const asked of [[], Array.from({ length: 101 }, (_, number) => traceId(number + 1))]) {
      await assert.rejects(
        async () => reader.traces(asked),
        (error) => isCoded(error, 'PLIM_PARAMETER'),
      );
    }
  });

  check('every id of 50,000 sealed spans is found', async (backend) => {
    // Ids over the whole range, the highest and the lowest among them.
    const id = (number: number): string => {
      if (number === 0) return 'f'.repeat(32);
      if (number === 1) return hex(1, 32);
      const high = BigInt.asUintN(64, BigInt(number) * 0x9e37_79b9_7f4a_7c15n);
      return hex(high, 16) + hex(BigInt.asUintN(64, high * 0xbf58_476d_1ce4_e5b9n), 16);
    };
    for (let part = 0; part < 10; part += 1) {
      const spans = Array.from({ length: 5000 }, (_, index) =>
        span(1, part * 5000 + index, { traceId: id(part * 5000 + index) }),
      );
      await backend.write([spansRecord({ service: 'shop' }, spans)]);
    }
    await backend.flush();
    const missing = new Set(Array.from({ length: 50_000 }, (_, number) => id(number)));
    assert.equal(missing.size, 50_000);
    // By time, 1500 at once: each look-up goes through the ids found first.
    for (let from = 0; from < 50_000; from += 1500) {
      const found = await backend.reader.searchTraces(
        search('shop', {
          tracesMax: 1500,
          startUnixNanosMin: BASE + BigInt(from) * MS,
          startUnixNanosMax: BASE + BigInt(from + 1499) * MS,
        }),
      );
      for (const trace of found) missing.delete(trace.traceId);
    }
    assert.equal(missing.size, 0, `not found by search: ${[...missing].slice(0, 3).join(', ')}`);
    for (let number = 0; number < 50_000; number += number < 10 ? 1 : 999) {
      const trace = await backend.reader.trace(id(number) as TraceId);
      assert.equal(trace?.spans.length, 1, `trace ${id(number)}`);
    }
  });
}
