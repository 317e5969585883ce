/**
 * The contract of LogReader's summaries: what they count is what counting the
 * records of a search gives; and of its arrivals: each record once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { seededRandom } from '#base/sim/random.ts';
import type { SpanId, TraceId } from '#signals/ids.ts';
import type { LogRecord } from '#signals/model.ts';
import { SEVERITY_RANGES, severityRange } from '#signals/severity.ts';
import type { LogExclusions, LogFilter, LogReader } from '#storage/ports.ts';
import { logSearch, logsRecord, type LogBackend } from '#test/contract/logs.ts';
import type { TestLog } from '#test/support/otlp.ts';

const BASE = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;
const SEED = 5;
const TRACE = 'abcdef0123456789abcdef0123456789';
const SPAN = '00000000000000ff';
/** As many as are written at once. */
const BATCH = 40;
const BATCHES = 8;

function filter(more: Partial<LogFilter> = {}): LogFilter {
  const { order: _order, recordsMax: _recordsMax, after: _after, ...plain } = logSearch(more);
  return plain;
}

const NOTHING: LogExclusions = { services: [], texts: [], severities: [], attributes: [] };

const FILTERS: readonly (readonly [what: string, filter: LogFilter])[] = [
  ['everything', filter()],
  ['a service', filter({ service: 'quotes' })],
  ['a severity', filter({ severityNumberMin: 13 })],
  ['a text', filter({ text: 'REFUSED' })],
  ['a trace', filter({ traceId: TRACE as TraceId })],
  ['a span', filter({ spanId: SPAN as SpanId })],
  ['an attribute', filter({ attributes: { route: '/quotes' } })],
  ['a time', filter({ unixNanosMin: BASE + 20n * SECOND, unixNanosMax: BASE + 70n * SECOND })],
  ['nothing there', filter({ service: 'nobody' })],
  ['all but a service', filter({ excluded: { ...NOTHING, services: ['quotes'] } })],
  [
    'all but some of each',
    filter({
      excluded: {
        services: ['nobody'],
        texts: ['REFUSED'],
        severities: ['unset', 'debug'],
        attributes: [
          ['attempt', '1'],
          ['attempt', '2'],
        ],
      },
    }),
  ],
];

/** Times rise from batch to batch, but for one in ten, which is late. */
function randomBatch(random: ReturnType<typeof seededRandom>, batch: number): readonly TestLog[] {
  return Array.from({ length: BATCH }, (_, index) => {
    const late = random.below(10) === 0 ? 30n : 0n;
    const at = BASE + BigInt(batch * 10 + random.below(12)) * SECOND - late * SECOND + BigInt(index);
    const isSpan = random.below(4) === 0;
    return {
      nanos: at,
      severityNumber: random.below(26),
      body: ['took 5 ms', 'took 77 ms', 'refused "card 7"', 'gone'][random.below(4)] ?? '',
      ...(isSpan ? { traceId: TRACE, spanId: SPAN } : {}),
      attributes: {
        route: ['/quotes', '/shipments'][random.below(2)] ?? '',
        ...(random.below(3) === 0 ? { attempt: BigInt(random.below(3)) } : {}),
      },
    };
  });
}

async function fill(backend: LogBackend, from = 0, to = BATCHES): Promise<void> {
  const random = seededRandom(SEED);
  for (let batch = 0; batch < to; batch += 1) {
    const [first, second] = [randomBatch(random, batch), randomBatch(random, batch)];
    if (batch < from) continue;
    await backend.write([
      logsRecord({ service: 'quotes', resource: { zone: `z${batch % 3}` } }, first),
      logsRecord({ service: 'billing', resource: { zone: 'z9', same: 'x' } }, second),
    ]);
    if (batch % 3 === 2) await backend.flush();
  }
}

async function all(reader: LogReader, which: LogFilter): Promise<readonly LogRecord[]> {
  const { records, next } = await reader.searchLogs({ ...logSearch(), ...which, recordsMax: 5000 });
  assert.equal(next, undefined);
  return records;
}

function bodyOf({ body }: LogRecord): string {
  return body.kind === 'string' ? body.value : body.kind;
}

function textOf(record: LogRecord, key: string): string | undefined {
  const list = [...record.attributes, ...record.resource.attributes];
  const value = list.find((attribute) => attribute.key === key)?.value;
  return value?.kind === 'string' || value?.kind === 'int' ? String(value.value) : undefined;
}

/** `text:count` of what is there, the frequent first. */
function tally(texts: readonly (string | undefined)[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, one], [b, two]) => two - one || (a < b ? -1 : 1))
    .map(([text, count]) => `${text}:${count}`);
}

async function assertHistogram(reader: LogReader, what: string, which: LogFilter): Promise<void> {
  const steps = { startUnixNanos: BASE - 25n * SECOND + 3n, stepNanos: 7n * SECOND, steps: 15 };
  const end = steps.startUnixNanos + steps.stepNanos * BigInt(steps.steps);
  const expected = Array.from({ length: steps.steps }, () =>
    Object.fromEntries(SEVERITY_RANGES.map((range) => [range, 0])),
  );
  for (const { unixNanos, severityNumber } of await all(reader, which)) {
    if (unixNanos < steps.startUnixNanos || unixNanos >= end) continue;
    const step = expected[Number((unixNanos - steps.startUnixNanos) / steps.stepNanos)];
    const range = severityRange(severityNumber);
    if (step !== undefined) step[range] = (step[range] ?? 0) + 1;
  }
  assert.deepEqual(await reader.logHistogram(which, steps), expected, `histogram of ${what}`);
}

async function assertFacets(reader: LogReader, what: string, which: LogFilter): Promise<void> {
  const records = await all(reader, which);
  const { scanned, facets } = await reader.logFacets(which, { valuesMax: 100 });
  assert.equal(scanned, records.length, `facets of ${what}`);
  const expected: readonly (readonly [key: string, values: string[]])[] = [
    ['service', tally(records.map((record) => textOf(record, 'service.name')))],
    ['severity', tally(records.map(({ severityNumber }) => severityRange(severityNumber)))],
    ...['route', 'attempt', 'zone'].map(
      (key) => [`attr.${key}`, tally(records.map((record) => textOf(record, key)))] as const,
    ),
  ];
  assert.deepEqual(
    facets.map(({ key, values }) => [key, values.map(({ value, count }) => `${value}:${count}`)]),
    // A zone that all have by their resource tells nothing.
    expected.filter(([key, values]) => values.length >= (key === 'attr.zone' ? 2 : 1)),
    `facets of ${what}`,
  );
  assert.ok(facets.every(({ otherCount }) => otherCount === 0));
}

const TEMPLATES: Readonly<Record<string, string>> = {
  'took 5 ms': 'took <num> ms',
  'took 77 ms': 'took <num> ms',
  'refused "card 7"': 'refused <str>',
  gone: 'gone',
};

async function assertPatterns(reader: LogReader, what: string, which: LogFilter): Promise<void> {
  const keyOf = (record: LogRecord): string =>
    [
      textOf(record, 'service.name'),
      severityRange(record.severityNumber),
      TEMPLATES[bodyOf(record)] ?? '',
    ].join(' / ');
  const start = BASE + 40n * SECOND;
  const now = { ...which, unixNanosMin: start };
  const before = { ...which, unixNanosMin: BASE - 30n * SECOND, unixNanosMax: start - 1n };
  const [records, older] = [await all(reader, now), await all(reader, before)];
  const answer = await reader.logPatterns(now, {
    baselineUnixNanosMin: before.unixNanosMin,
    patternsMax: 1000,
  });
  assert.deepEqual(
    [answer.scanned, answer.baselineScanned],
    [records.length, records.length === 0 ? 0 : older.length],
    what,
  );
  const named = answer.patterns.map((one) => ({
    ...one,
    key: [one.service, one.severity, one.pattern].join(' / '),
  }));
  assert.deepEqual(
    named.map(({ key, count }) => `${key}:${count}`).toSorted(),
    tally(records.map(keyOf)).toSorted(),
    `patterns of ${what}`,
  );
  for (const { key, count, baselineCount, firstUnixNanos, lastUnixNanos, exampleId, example } of named) {
    const mine = records.filter((record) => keyOf(record) === key);
    const times = mine.map(({ unixNanos }) => unixNanos).toSorted((a, b) => Number(a - b));
    assert.deepEqual([firstUnixNanos, lastUnixNanos], [times[0], times[count - 1]], key);
    assert.equal(baselineCount, older.filter((record) => keyOf(record) === key).length, key);
    const shown = mine.find(({ id }) => id === exampleId);
    assert.deepEqual([shown && bodyOf(shown), shown?.unixNanos], [example, lastUnixNanos], key);
  }
}

/** @param make a fresh, empty backend */
export function logSummariesContract(name: string, make: () => Promise<LogBackend>): void {
  const check = (title: string, body: (backend: LogBackend) => Promise<void>): void => {
    void test(`${name}: ${title}`, async () => {
      await using backend = await make();
      await body(backend);
    });
  };

  check('an empty store has nothing to sum up', async ({ reader }) => {
    const steps = { startUnixNanos: BASE, stepNanos: 1n, steps: 1 };
    const none = Object.fromEntries(SEVERITY_RANGES.map((range) => [range, 0]));
    assert.deepEqual(await reader.logHistogram(filter(), steps), [none]);
    assert.deepEqual(await reader.logFacets(filter(), { valuesMax: 10 }), { scanned: 0, facets: [] });
    assert.deepEqual(
      await reader.logPatterns(filter(), { baselineUnixNanosMin: undefined, patternsMax: 10 }),
      {
        scanned: 0,
        baselineScanned: 0,
        patterns: [],
      },
    );
  });

  check(`summaries count what a search finds, in memory and on disk; seed ${SEED}`, async (backend) => {
    await fill(backend);
    for (const place of ['in memory and on disk', 'on disk']) {
      if (place === 'on disk') await backend.restart();
      for (const [what, which] of FILTERS) {
        await assertHistogram(backend.reader, `${what} ${place}`, which);
        await assertFacets(backend.reader, `${what} ${place}`, which);
        await assertPatterns(backend.reader, `${what} ${place}`, which);
      }
    }
  });

  check('a step takes its beginning, not its end; nothing outside is counted', async (backend) => {
    const times = [BASE - 1n, BASE, BASE + 9n, BASE + 10n, BASE + 19n, BASE + 20n];
    const logs = times.map((nanos) => ({ nanos, severityNumber: 9 }));
    await backend.write([logsRecord({ service: 'a' }, logs)]);
    const counts = await backend.reader.logHistogram(filter(), {
      startUnixNanos: BASE,
      stepNanos: 10n,
      steps: 2,
    });
    assert.deepEqual(
      counts.map(({ info }) => info),
      [2, 2],
    );
  });

  check('only as many values and patterns come as are asked for, and the rest is said', async (backend) => {
    const logs = ['a', 'b', 'b', 'c'].map((body, index) => ({
      nanos: BASE + BigInt(index),
      body,
      attributes: { letter: body },
    }));
    await backend.write([logsRecord({ service: 'a' }, logs)]);
    const { facets } = await backend.reader.logFacets(filter(), { valuesMax: 1 });
    assert.deepEqual(facets.at(-1), {
      key: 'attr.letter',
      values: [{ value: 'b', count: 2 }],
      otherCount: 2,
    });
    const request = { baselineUnixNanosMin: undefined, patternsMax: 1 };
    const { scanned, patterns } = await backend.reader.logPatterns(filter(), request);
    assert.deepEqual([scanned, patterns.map(({ pattern }) => pattern)], [4, ['b']]);
  });

  check('arrivals come once each, whatever time they bear, over seals and restarts', async (backend) => {
    await fill(backend, 0, 2);
    const { reader } = backend;
    let { next: since } = await reader.logArrivals(filter(), { since: undefined, recordsMax: 5000 });
    const seen: string[] = [];
    const listen = async (): Promise<void> => {
      const answer = await backend.reader.logArrivals(filter(), { since, recordsMax: 5000 });
      assert.equal(answer.skipped, 0);
      const times = answer.records.map(({ unixNanos }) => unixNanos);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => Number(b - a)),
      );
      seen.push(...answer.records.map(({ id }) => id));
      since = answer.next;
    };
    const before = new Set((await all(reader, filter())).map(({ id }) => id));
    await listen();
    assert.deepEqual(seen, []);
    for (let batch = 2; batch < BATCHES; batch += 1) {
      await fill(backend, batch, batch + 1);
      // Heard of from memory, from disk, after a restart, and two batches at once.
      if (batch === 3) await backend.flush();
      if (batch === 4) await backend.restart();
      if (batch !== 6) await listen();
      if (batch === 5) await backend.flush();
    }
    await listen();
    const expected = (await all(backend.reader, filter()))
      .map(({ id }) => id)
      .filter((id) => !before.has(id));
    assert.deepEqual([seen.length, new Set(seen)], [expected.length, new Set(expected)]);
  });

  check('arrivals obey the filter, keep the newest and count the rest', async (backend) => {
    const { next: since } = await backend.reader.logArrivals(filter(), { since: undefined, recordsMax: 1 });
    const logs = Array.from({ length: 10 }, (_, index) => ({
      nanos: BASE + BigInt(index),
      body: `${index}`,
    }));
    await backend.write([logsRecord({ service: 'a' }, logs), logsRecord({ service: 'b' }, logs)]);
    for (const place of ['memory', 'disk']) {
      if (place === 'disk') await backend.flush();
      const answer = await backend.reader.logArrivals(filter({ service: 'b' }), { since, recordsMax: 3 });
      assert.deepEqual([answer.records.map(bodyOf), answer.skipped], [['9', '8', '7'], 7], place);
    }
  });

  check('what is out of range or not ours is refused; an aborted call rejects', async ({ reader }) => {
    const refused = (error: unknown): boolean => isCoded(error, 'PLIM_PARAMETER');
    const steps = { startUnixNanos: BASE, stepNanos: 1n, steps: 1 };
    const patternsMax = 1;
    const calls: readonly (() => Promise<unknown>)[] = [
      () => reader.logHistogram(filter(), { ...steps, steps: 1001 }),
      () => reader.logHistogram(filter(), { ...steps, stepNanos: 0n }),
      () => reader.logFacets(filter(), { valuesMax: 0 }),
      () => reader.logPatterns(filter(), { baselineUnixNanosMin: undefined, patternsMax: 0 }),
      () => reader.logPatterns(filter({ unixNanosMin: 5n }), { baselineUnixNanosMin: 5n, patternsMax }),
      () => reader.logArrivals(filter(), { since: undefined, recordsMax: 0 }),
      ...['', 'x', '{}', '[1,2]', '["x"]', '[1,["a","b"]]'].map(
        (since) => () => reader.logArrivals(filter(), { since, recordsMax: 1 }),
      ),
    ];
    for (const [index, call] of calls.entries()) await assert.rejects(call, refused, `call ${index}`);
    const reason = new Error('enough');
    const aborted = AbortSignal.abort(reason);
    await assert.rejects(reader.logHistogram(filter(), steps, aborted), reason);
    await assert.rejects(reader.logFacets(filter(), { valuesMax: 1 }, aborted), reason);
  });
}
