import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  durationUs,
  entryService,
  problemsOf,
  searchOf,
  searchPath,
  traceIdOf,
} from '#dashboards/console/core/trace/search.ts';
import {
  heldList,
  mergeSummaries,
  scatterInterval,
  scatterOf,
  sortedSummaries,
  summaryOf,
  type TraceSummary,
} from '#dashboards/console/core/trace/summary.ts';
import { parseTags, tagsText, withTag } from '#dashboards/console/core/trace/tags.ts';
import { foundSentence } from '#dashboards/console/core/trace/words.ts';
import { traceOf } from '#test/support/console-traces.ts';

const interval = { startMs: 1000, endMs: 2000 };
const asked = (query: string): URLSearchParams | undefined => {
  const path = searchPath(searchOf(new URLSearchParams(query)), 'gateway', interval);
  return path === undefined ? undefined : new URLSearchParams(path.slice(path.indexOf('?')));
};

test('the request is what the address says', () => {
  const all = asked(
    'service=quotes&operation=price&tags=zone%3DNorth&minDuration=100ms&maxDuration=2s&errors=1&limit=20',
  );
  assert.deepEqual(Object.fromEntries(all ?? []), {
    service: 'quotes',
    operation: 'price',
    tags: '{"zone":"North","error":"true"}',
    minDuration: '100ms',
    maxDuration: '2s',
    limit: '20',
    start: '1000000',
    end: '2000000',
  });
  assert.equal(asked('')?.get('service'), 'gateway');
  assert.equal(asked('limit=99999')?.get('limit'), '1500');
  assert.equal(asked('limit=x')?.get('limit'), '50');
  assert.equal(searchPath(searchOf(new URLSearchParams()), undefined, interval), undefined);
});

test('what cannot be read is told at its field and not asked for', () => {
  for (const [query, field] of [
    ['minDuration=fast', 'minDuration'],
    ['maxDuration=3', 'maxDuration'],
    ['minDuration=2s&maxDuration=100ms', 'maxDuration'],
    ['tags=zone', 'tags'],
    ['tags=%22open', 'tags'],
    ['tags=%3Dvalue', 'tags'],
  ] as const) {
    assert.deepEqual(
      problemsOf(searchOf(new URLSearchParams(query))).map((problem) => problem.field),
      [field],
      query,
    );
    assert.equal(asked(query), undefined, query);
  }
});

test('durations are read as Go writes them', () => {
  assert.deepEqual(['250us', '1.5s', '1m30s', '2 ms', '1', ''].map(durationUs), [
    250,
    1.5e6,
    9e7,
    2000,
    undefined,
    undefined,
  ]);
});

test('tags are read as they are written, whatever they hold', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 8 }), {
        maxKeys: 5,
        noNullPrototype: true,
      }),
      (tags) => {
        // An object's own prototype is no key of it.
        fc.pre(!Object.hasOwn(tags, '__proto__'));
        assert.deepEqual(parseTags(tagsText(tags)), { kind: 'tags', tags });
      },
    ),
    { numRuns: 200 },
  );
});

test('a tag is added, or takes the place of its old value', () => {
  assert.equal(withTag('a=1', 'b', 'x y'), 'a=1 b="x y"');
  assert.equal(withTag('a=1 b=2', 'a', '3'), 'a=3 b=2');
  assert.equal(withTag('"broken', 'a', '3'), 'a=3');
});

test('requests begin at the service that calls most and that nobody calls', () => {
  const dependencies = [
    { parent: 'gateway', child: 'quotes', callCount: 50 },
    { parent: 'cron', child: 'quotes', callCount: 2 },
    { parent: 'quotes', child: 'quotes', callCount: 900 },
  ];
  assert.equal(entryService(['cron', 'gateway', 'quotes'], dependencies), 'gateway');
  assert.equal(entryService(['quotes'], []), 'quotes');
  assert.equal(entryService([], dependencies), undefined);
});

test('an id of a trace is told from other words', () => {
  assert.equal(traceIdOf(' 4BF92F3577B34DA6A3CE929D0E0E4736 '), '4bf92f3577b34da6a3ce929d0e0e4736');
  for (const text of ['quotes', '', '0'.repeat(32), 'ab']) assert.equal(traceIdOf(text), undefined, text);
});

const summary = (id: string, startMs: number, more: Partial<TraceSummary> = {}): TraceSummary => ({
  id,
  rootService: 'gateway',
  rootOperation: 'GET',
  rootMissing: false,
  spans: 1,
  failed: 0,
  startMs,
  durationMs: 1,
  services: [],
  ...more,
});

test('a trace is summed up with its root, and says when that is missing', () => {
  const found = summaryOf(
    traceOf([
      { id: 'b', parent: 'a', service: 'quotes', at: 5, takes: 2000, failed: true },
      { id: 'c', parent: 'b', service: 'quotes', at: 6 },
      { id: 'a', service: 'gateway', operation: 'POST', at: 0, takes: 1000 },
    ]),
  );
  assert.deepEqual(
    [
      found?.rootService,
      found?.rootOperation,
      found?.spans,
      found?.failed,
      found?.durationMs,
      found?.rootMissing,
    ],
    ['gateway', 'POST', 3, 1, 2.005, false],
  );
  assert.deepEqual(
    found?.services.map(({ name, spans }) => `${name} ${spans}`),
    ['quotes 2', 'gateway 1'],
  );
  assert.equal(summaryOf(traceOf([{ id: 'b', parent: 'a' }]))?.rootMissing, true);
  assert.equal(summaryOf(traceOf([])), undefined);
});

test('new answers replace what grew, keep what did not, and forget what is too old', () => {
  const old = summary('old', 5);
  const same = summary('same', 20);
  const grown = summary('grown', 30);
  const merged = mergeSummaries(
    [old, same, grown],
    [summary('same', 20), summary('grown', 30, { spans: 4 }), summary('new', 40)],
    {
      startMs: 10,
      max: 10,
    },
  );
  assert.deepEqual(
    merged.map(({ id, spans }) => `${id} ${spans}`),
    ['new 1', 'grown 4', 'same 1'],
  );
  assert.equal(merged[2], same);
  assert.equal(mergeSummaries(merged, [], { startMs: 0, max: 2 }).length, 2);
});

test('the scatter is logarithmic beyond two decades, and no point is outside', () => {
  const near = scatterOf([summary('a', 1100), summary('b', 1900, { durationMs: 50 })], interval);
  assert.equal(near.log, false);
  const far = scatterOf(
    [summary('a', 1100, { durationMs: 0 }), summary('b', 900, { durationMs: 5000 })],
    interval,
  );
  assert.equal(far.log, true);
  for (const { x, y } of [...near.points, ...far.points]) assert.ok(x >= 0 && x <= 1 && y >= 0 && y <= 1);
  for (const { y } of [...near.lines, ...far.lines]) assert.ok(y >= 0 && y <= 1, String(y));
  assert.deepEqual(scatterOf([], interval).points, []);
});

test('of more traces than asked for the scatter shows the time they reach back to', () => {
  const traces = [summary('a', 1900), summary('b', 1800)];
  assert.deepEqual(scatterInterval(traces, interval, 10), interval);
  assert.deepEqual(scatterInterval(traces, interval, 2), { startMs: 1796, endMs: 2000 });
  assert.deepEqual(scatterInterval([], interval, 0), { startMs: 1999, endMs: 2000 });
});

test('rows that are read stay, and what is new waits', () => {
  const [a, b, c] = [summary('a', 1), summary('b', 2), summary('c', 3)];
  assert.deepEqual(heldList([c, b], undefined), { shown: [c, b], waiting: 0 });
  assert.deepEqual(heldList([c, b], [b, a]), { shown: [b, a], waiting: 1 });
});

test('what a search found is told in a sentence', () => {
  assert.equal(foundSentence([], 'quotes', 50), 'No trace of quotes matches.');
  const traces = [summary('a', 1, { durationMs: 1500 }), summary('b', 2, { failed: 1 })];
  assert.equal(
    foundSentence(traces, 'quotes', 2),
    'The newest 2 traces through quotes, 1 with errors; the longest took 1.5 s.',
  );
});

test('traces stand by start or by duration', () => {
  const traces = [summary('a', 1, { durationMs: 9 }), summary('b', 2)];
  assert.deepEqual(
    sortedSummaries(traces, 'newest').map(({ id }) => id),
    ['b', 'a'],
  );
  assert.deepEqual(
    sortedSummaries(traces, 'slowest').map(({ id }) => id),
    ['a', 'b'],
  );
});
