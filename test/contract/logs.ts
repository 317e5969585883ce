/** The contract of LogReader, run on every backend that stores log records. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import type { SpanId, TraceId } from '#signals/ids.ts';
import type { LogExclusions, LogReader, LogSearch } from '#storage/ports.ts';
import type { TestRecord } from '#test/support/documents-world.ts';
import { buildLogs, type TestLog, type TestResource } from '#test/support/otlp.ts';

export interface LogBackend extends AsyncDisposable {
  readonly reader: LogReader;
  /** Resolves when the records can be asked for. */
  write(records: readonly TestRecord[]): Promise<void>;
  flush(): Promise<void>;
  restart(): Promise<void>;
}

const BASE = 1_700_000_000_000_000_000n;
const TRACE = 'abcdef0123456789abcdef0123456789';
const SPAN = '00000000000000ff';

export function logsRecord(resource: TestResource, logs: readonly TestLog[]): TestRecord {
  return { kind: 'otlp-logs', items: logs.length, body: buildLogs({ ...resource, logs }) };
}

export function logSearch(more: Partial<LogSearch> = {}): LogSearch {
  return {
    service: undefined,
    text: undefined,
    severityNumberMin: 0,
    traceId: undefined,
    spanId: undefined,
    attributes: {},
    unixNanosMin: 0n,
    unixNanosMax: 2n ** 63n - 1n,
    order: 'newest-first',
    recordsMax: 100,
    after: undefined,
    ...more,
  };
}

/** The one record each criterion is to find, and what must not find it. */
const CRITERIA: readonly (readonly [what: string, found: Partial<LogSearch>, missed: Partial<LogSearch>])[] =
  [
    ['service', { service: 'shop' }, { service: 'sho' }],
    ['text in any case', { text: 'ПРИВЕТ "World' }, { text: 'wörld' }],
    ['text with wildcards of SQL', { text: '100%_' }, { text: '1%0' }],
    ['severity', { severityNumberMin: 17 }, { severityNumberMin: 18 }],
    ['trace', { traceId: TRACE as TraceId }, { traceId: '0'.repeat(31).concat('1') as TraceId }],
    ['span', { spanId: SPAN as SpanId }, { spanId: TRACE.slice(16) as SpanId }],
    ['attribute', { attributes: { user: 'ann', n: '12' } }, { attributes: { user: 'an' } }],
    ['resource', { attributes: { zone: 'z1' } }, { attributes: { zone: 'z2' } }],
    [
      'time, both ends inclusive',
      { unixNanosMin: BASE + 5n, unixNanosMax: BASE + 5n },
      { unixNanosMin: BASE + 6n, unixNanosMax: BASE + 9n },
    ],
  ];

const NOTHING: LogExclusions = { services: [], texts: [], severities: [], attributes: [] };

/** What leaves the same record out, and what is near it and must not. */
const EXCLUSIONS: readonly (readonly [
  what: string,
  leavesOut: Partial<LogExclusions>,
  leavesIn: Partial<LogExclusions>,
])[] = [
  ['service', { services: ['nobody', 'shop'] }, { services: ['sho'] }],
  ['text in any case', { texts: ['nothing', 'ПРИВЕТ "World'] }, { texts: ['wörld'] }],
  ['text with wildcards of SQL', { texts: ['100%_'] }, { texts: ['1%0'] }],
  ['severity', { severities: ['unset', 'error'] }, { severities: ['unset', 'warn', 'fatal'] }],
  ['attribute', { attributes: [['n', '12']] }, { attributes: [['n', '1']] }],
  [
    'one attribute of several values',
    {
      attributes: [
        ['user', 'bob'],
        ['user', 'ann'],
      ],
    },
    { attributes: [['user', 'an']] },
  ],
  ['resource', { attributes: [['zone', 'z1']] }, { attributes: [['zone', 'z2']] }],
];

async function messages(reader: LogReader, more: Partial<LogSearch>): Promise<string[]> {
  const { records } = await reader.searchLogs(logSearch(more));
  return records.map(({ body }) => (body.kind === 'string' ? body.value : body.kind));
}

/** @param make a fresh, empty backend */
export function logReaderContract(name: string, make: () => Promise<LogBackend>): void {
  const check = (title: string, body: (backend: LogBackend) => Promise<void>): void => {
    void test(`${name}: ${title}`, async () => {
      await using backend = await make();
      await body(backend);
    });
  };

  check('an empty store has nothing', async ({ reader }) => {
    assert.deepEqual(await reader.searchLogs(logSearch()), { records: [], next: undefined });
  });

  check('every criterion finds what has it and nothing else, in memory and on disk', async (backend) => {
    const body = 'Привет "world" 100%_ \u0000 🚢';
    await backend.write([
      logsRecord({ service: 'shop', resource: { zone: 'z1' } }, [
        {
          nanos: BASE + 5n,
          body,
          severityNumber: 17,
          traceId: TRACE,
          spanId: SPAN,
          attributes: { user: 'ann', n: 12n },
        },
      ]),
      logsRecord({ service: 'other' }, [{ nanos: BASE + 20n, body: 'else', severityNumber: 9 }]),
    ]);
    for (const place of ['memory', 'disk']) {
      if (place === 'disk') await backend.flush();
      for (const [what, found, missed] of CRITERIA) {
        assert.deepEqual(await messages(backend.reader, found), [body], `${what} in ${place}`);
        assert.deepEqual(await messages(backend.reader, missed), [], `not ${what} in ${place}`);
      }
    }
  });

  check('what is excluded is left out; a record without such a value stays', async (backend) => {
    await backend.write([
      logsRecord({ service: 'shop', resource: { zone: 'z1' } }, [
        {
          nanos: BASE + 5n,
          body: 'привет "World" 100%_',
          severityNumber: 17,
          attributes: { user: 'ann', n: 12n },
        },
      ]),
      logsRecord({ service: 'other' }, [{ nanos: BASE + 20n, severityNumber: 9 }]),
    ]);
    for (const place of ['memory', 'disk']) {
      if (place === 'disk') await backend.flush();
      const count = async (one: Partial<LogExclusions>): Promise<number> =>
        (await messages(backend.reader, { excluded: { ...NOTHING, ...one } })).length;
      for (const [what, leavesOut, leavesIn] of EXCLUSIONS) {
        assert.equal(await count(leavesOut), 1, `${what} in ${place}`);
        assert.equal(await count(leavesIn), 2, `not ${what} in ${place}`);
      }
      assert.equal(await count({}), 2, `nothing in ${place}`);
      // Known to both sides: what is wanted and excluded is not there.
      const both = { service: 'shop', excluded: { ...NOTHING, services: ['shop'] } };
      assert.deepEqual(await messages(backend.reader, both), [], place);
    }
  });

  check('a record comes back as it was sent', async (backend) => {
    const log = {
      nanos: 0n,
      observedNanos: BASE + 1n,
      severityNumber: 21,
      severityText: 'FATAL',
      body: 'x',
      traceId: TRACE,
      spanId: '00000000000000ff',
      attributes: { big: -(2n ** 63n), yes: false },
    };
    await backend.write([logsRecord({ service: 'shop', scope: 'lib' }, [log, { nanos: BASE, body: '' }])]);
    const before = await backend.reader.searchLogs(logSearch());
    const [got, plain] = before.records;
    assert.deepEqual(
      [
        got?.unixNanos,
        got?.observedUnixNanos,
        got?.severityNumber,
        got?.severityText,
        got?.traceId,
        got?.spanId,
      ],
      [BASE + 1n, BASE + 1n, 21, 'FATAL', TRACE, '00000000000000ff'],
    );
    assert.deepEqual(got?.attributes, [
      { key: 'big', value: { kind: 'int', value: -(2n ** 63n) } },
      { key: 'yes', value: { kind: 'bool', value: false } },
    ]);
    assert.deepEqual(
      [plain?.traceId, plain?.spanId, plain?.body],
      [undefined, undefined, { kind: 'string', value: '' }],
    );
    await backend.flush();
    await backend.restart();
    assert.deepEqual(await backend.reader.searchLogs(logSearch()), before);
  });

  for (const order of ['newest-first', 'oldest-first'] as const) {
    check(`pages give every record once, ${order}, over sealing and equal times`, async (backend) => {
      const expected = new Set<string>();
      for (let part = 0; part < 6; part += 1) {
        const logs = Array.from({ length: 20 }, (_, index) => {
          const body = `${part}-${index}`;
          expected.add(body);
          // Interleaved over the files, four at each time.
          return { nanos: BASE + BigInt((index * 6 + part) >> 2), body };
        });
        await backend.write([logsRecord({ service: 'shop' }, logs)]);
        if (part === 1 || part === 3) await backend.flush();
      }
      const seen: string[] = [];
      const times: bigint[] = [];
      let after: string | undefined;
      for (let page = 0; page < 40; page += 1) {
        const { records, next } = await backend.reader.searchLogs(logSearch({ order, recordsMax: 7, after }));
        times.push(...records.map((record) => record.unixNanos));
        seen.push(...records.map(({ body }) => (body.kind === 'string' ? body.value : '')));
        if (page === 5) await backend.flush();
        after = next;
        if (next === undefined) break;
      }
      assert.equal(seen.length, expected.size);
      assert.deepEqual(new Set(seen), expected);
      const sign = order === 'newest-first' ? -1 : 1;
      assert.deepEqual(
        times,
        times.toSorted((a, b) => sign * Number(a - b)),
      );
    });
  }

  check('a bad page mark and a limit out of range are refused', async ({ reader }) => {
    const refused = (error: unknown): boolean => isCoded(error, 'PLIM_PARAMETER');
    for (const after of ['x', '', "1.1.1.'; drop", 'zzzzzzzzzzzzz.1.1.YQ']) {
      await assert.rejects(async () => reader.searchLogs(logSearch({ after })), refused, after);
    }
    await assert.rejects(async () => reader.searchLogs(logSearch({ recordsMax: 5001 })), refused);
  });

  check('an aborted call rejects with the reason', async (backend) => {
    await backend.write([logsRecord({ service: 'shop' }, [{ nanos: BASE, body: 'x' }])]);
    const reason = new Error('enough');
    await assert.rejects(backend.reader.searchLogs(logSearch(), AbortSignal.abort(reason)), reason);
  });
}
