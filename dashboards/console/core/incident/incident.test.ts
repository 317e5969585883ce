import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  around,
  aroundStart,
  newOperations,
  rangeQuery,
  restartsIn,
  wholeRange,
} from '#dashboards/console/core/incident/around.ts';
import {
  filterIncidents,
  openSentence,
  readFilter,
  worstFirst,
} from '#dashboards/console/core/incident/list.ts';
import { failingTraces, patternsPath } from '#dashboards/console/core/incident/questions.ts';
import { labelsOf, matchersOf, previewPath, silenceBody } from '#dashboards/console/core/incident/silence.ts';
import { storyOf } from '#dashboards/console/core/incident/story.ts';
import {
  budgetSentence,
  culpritText,
  markOfIncident,
  nameOf,
  nextStep,
  presentSentence,
  reasonOf,
  whatOf,
} from '#dashboards/console/core/incident/words.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';

const START = 1_800_000_000_000;

function incidentOf(changes: Partial<Incident> = {}, evidence: Partial<Incident['evidence']> = {}): Incident {
  return {
    id: 'i1',
    sloId: 'gateway/availability',
    service: 'gateway',
    severity: 'page',
    alertname: 'ErrorBudgetBurn',
    fingerprint: 'f',
    state: 'firing',
    startsAtMs: START,
    endsAtMs: null,
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    timeline: [{ atMs: START, kind: 'fired', text: 'fired at 20 times', by: 'plimsoll' }],
    ...changes,
    evidence: {
      objective: 0.999,
      windows: [],
      budgetRemainingRatio: 0.9,
      exhaustedInMs: 3_600_000,
      failingTraceIds: ['aa', 'bb'],
      firstBadMs: START - 4000,
      suspects: [
        { service: 'quotes', score: 1, reason: 'quotes: 54 % of calls from gateway failed (HTTP 500)' },
      ],
      callers: [],
      ...evidence,
    },
  };
}

test('the story begins with the first bad event and tells the time between', () => {
  const story = storyOf(
    incidentOf({
      timeline: [
        { atMs: START, kind: 'fired', text: 'fired', by: 'plimsoll' },
        { atMs: START + 500, kind: 'notified', text: 'told a: repeat', by: 'plimsoll' },
        { atMs: START + 900, kind: 'notified', text: 'told a: repeat', by: 'plimsoll' },
        { atMs: START + 1000, kind: 'note', text: 'same', by: 'Ann' },
        { atMs: START + 1000, kind: 'note', text: 'same', by: 'Ann' },
        { atMs: START + 2000, kind: 'never-heard-of', text: 'x', by: '' },
      ],
    }),
  );
  assert.deepEqual(
    story.map(({ title, afterMs, times }) => [title, afterMs, times]),
    [
      ['First bad event', null, 1],
      ['Fired', 4000, 1],
      ['Delivered', 900, 2],
      ['Note', 100, 1],
      ['Note', 0, 1],
      ['never-heard-of', 1000, 1],
    ],
  );
  assert.equal(new Set(story.map(({ key }) => key)).size, story.length);
});

test('ids in what the platform noted are shortened, words of people are not', () => {
  const text = 'silence 03365bd8-9ca0-4bdd-bc44-f5c5f102bedf until 2026-11-21T12:18:55.640Z: why';
  const told = (kind: string): string | undefined =>
    storyOf(incidentOf({ timeline: [{ atMs: START, kind, text, by: 'Ann' }] })).at(-1)?.text;
  assert.equal(told('silenced'), 'silence 03365b…bedf until 2026-11-21T12:18:55Z: why');
  assert.equal(told('note'), text);
});

test('an incident is said in words', () => {
  const window = {
    severity: 'page',
    longWindowMs: 1,
    shortWindowMs: 1,
    factor: 14.4,
    longBurn: 20.04,
    shortBurn: 30,
    badInLongWindow: 9,
    holds: true,
  } as const;
  const burning = incidentOf({}, { windows: [window] });
  assert.equal(whatOf(burning), 'burning 20×');
  assert.equal(markOfIncident(burning), 'burning');
  assert.equal(markOfIncident({ ...burning, severity: 'ticket' }), 'ticket');
  assert.equal(markOfIncident({ ...burning, state: 'resolved' }), 'ok');
  const blind = incidentOf({ alertname: 'SLOTelemetryLost' });
  assert.equal(whatOf(blind), 'no telemetry');
  assert.equal(markOfIncident(blind), 'blind');
  assert.equal(nameOf(burning, undefined), 'gateway/availability');
  assert.equal(nameOf(burning, { displayName: 'Answers' }), 'gateway: Answers');
  assert.equal(reasonOf({ service: 'a', reason: 'a: b' }), 'b');
  assert.equal(budgetSentence(burning), 'Gone in 1 h at that rate.');
  assert.equal(budgetSentence(incidentOf({}, { budgetRemainingRatio: -1 })), 'The budget was spent.');
});

test('how it goes on is told of the window that fired', () => {
  const window = {
    severity: 'page',
    longWindowMs: 3_600_000,
    shortWindowMs: 300_000,
    factor: 14.4,
    longBurn: 20,
    shortBurn: 30,
    badInLongWindow: 9,
    holds: true,
  } as const;
  const budget = {
    good: 1,
    total: 1,
    allowedBad: 1,
    remainingRatio: 0.5,
    exhaustedInMs: 7_200_000,
    measuredRatio: 1,
  };
  const burning = incidentOf({}, { windows: [window] });
  const slo = { windows: [{ ...window, longBurn: 16, shortBurn: 2 }], budget };
  assert.equal(presentSentence(burning, slo), 'now 16× over 1h, 2× over 5m; budget gone in 2 h');
  const over = { ...slo, windows: [{ ...window, shortBurn: 0, holds: false }] };
  assert.match(presentSentence(burning, over), /^recovering 20× over 1h, 0× over 5m/);
  assert.equal(presentSentence({ ...burning, state: 'resolved' }, slo), '');
  assert.match(presentSentence(burning, { ...slo, budget: { ...budget, remainingRatio: -1 } }), /is spent$/);
});

test('the next step goes by the reason of the first suspect', () => {
  const step = (reason: string, changes: Partial<Incident> = {}): string =>
    nextStep(incidentOf(changes, { suspects: [{ service: 'quotes', score: 1, reason }] }));
  assert.match(step('quotes: failed (HTTP 500)'), /^Acknowledge it.*answers with errors/);
  assert.match(step('quotes: failed (connection refused)'), /whether quotes runs/);
  assert.match(
    step('quotes: failed (connection refused); quotes itself saw none of these failures'),
    /stands between/,
  );
  assert.match(step('quotes: calls from a took 1519 ms since x, 18 ms before'), /quotes is slow/);
  assert.match(step('quotes: something else'), /Open the failing span in quotes/);
  assert.doesNotMatch(step('quotes: x', { acknowledgedBy: 'Ann' }), /Acknowledge/);
  assert.match(step('quotes: x', { state: 'resolved' }), /It is over/);
  assert.match(nextStep(incidentOf({}, { suspects: [] })), /compare a failing trace/);
});

test('the link to the first cause is called after what it leads to', () => {
  const span = { spanId: 's', service: 'gateway', operation: 'o', durationMs: 1, peer: 'quotes', says: '' };
  assert.equal(culpritText({ ...span, kind: 'failed-in' }, 'gateway'), 'Failing span in gateway');
  assert.equal(
    culpritText({ ...span, kind: 'failed-call' }, 'quotes'),
    'Failing span in gateway, calling quotes',
  );
  assert.equal(culpritText({ ...span, kind: 'slow' }, undefined), 'Slowest span in gateway');
});

test('the list is filtered by words and choices, the worst first', () => {
  const a = incidentOf();
  const b = incidentOf({ id: 'i2', severity: 'ticket', service: 'billing', startsAtMs: START + 9 });
  const c = incidentOf({ id: 'i3', acknowledgedBy: 'Ann' });
  const ids = (query: string) =>
    filterIncidents([a, b, c], readFilter(new URLSearchParams(query))).map(({ id }) => id);
  assert.deepEqual(ids(''), ['i1', 'i2', 'i3']);
  assert.deepEqual(ids('text=QUOTES+ann'), ['i3']);
  assert.deepEqual(ids('severity=ticket&service=billing'), ['i2']);
  assert.deepEqual(ids('slo=none'), []);
  assert.deepEqual(
    worstFirst([b, c, a]).map(({ id }) => id),
    ['i1', 'i3', 'i2'],
  );
  assert.equal(openSentence([]), 'Nothing burns now.');
  assert.equal(openSentence([a]), 'One incident is open; nobody has it.');
  assert.match(openSentence([a, c]), /nobody has 1 of them yet/);
});

test('a silence is written as Alertmanager reads it', () => {
  const matchers = matchersOf({ ...labelsOf(incidentOf()), zone: 'a"b\\c' });
  assert.equal(matchers[0]?.name, 'slo_id');
  assert.deepEqual(
    new URLSearchParams(previewPath(matchers).split('?')[1]).getAll('filter').at(-1),
    'zone="a\\"b\\\\c"',
  );
  const body = silenceBody(
    matchers.slice(0, 1),
    { startsAt: 'a', endsAt: 'b' },
    { createdBy: 'Ann', comment: 'c' },
  );
  assert.deepEqual(body.matchers, [
    { name: 'slo_id', value: 'gateway/availability', isRegex: false, isEqual: true },
  ]);
});

test('frozen traces are asked for by id, others by what callers saw', () => {
  assert.deepEqual(failingTraces(incidentOf(), false), {
    first: '/api/traces?traceID=bb',
    newestId: 'bb',
    rest: '/api/traces?traceID=aa',
    asked: 2,
    frozen: 2,
  });
  const many = incidentOf({}, { failingTraceIds: Array.from({ length: 20 }, (_, index) => `t${index}`) });
  assert.equal(failingTraces(many, false).asked, 6);
  assert.equal(failingTraces(many, true).asked, 20);
  const reason = 'dispatch: no telemetry came; 97 % of calls from shipments failed (connection reset)';
  const blind = incidentOf(
    { service: 'dispatch' },
    { failingTraceIds: [], suspects: [{ service: 'dispatch', score: 1, reason }] },
  );
  const query = new URLSearchParams(failingTraces(blind, false).rest?.split('?')[1]);
  assert.equal(query.get('service'), 'shipments');
  assert.deepEqual(JSON.parse(query.get('tags') ?? ''), { 'peer.service': 'dispatch', error: 'true' });
  const told = incidentOf({}, { ...blind.evidence, callers: [{ service: 'x', calls: 2, failed: 1 }] });
  assert.match(failingTraces(told, false).rest ?? '', /service=x/);
});

test('the time around the start begins before the first bad event', () => {
  const interval = aroundStart(incidentOf());
  assert.deepEqual(interval, { startMs: START - 124_000, endMs: START + 180_000 });
  assert.match(patternsPath(incidentOf()), /start=1799999876000000000.*baseline_start=1799998076000000000/);
  assert.equal(
    around({ path: '/ui/logs', query: { service: 'a' } }, rangeQuery(interval)),
    `/ui/logs?service=a&from=${START - 124_000}&to=${START + 180_000}`,
  );
});

test('the whole of an incident ends now while it goes on', () => {
  const from = String(START - 124_000);
  assert.deepEqual(wholeRange({ ...incidentOf(), endsAtMs: null }), { from, to: 'now' });
  const endsAtMs = START + 600_000;
  assert.deepEqual(wholeRange({ ...incidentOf(), endsAtMs }), { from, to: String(endsAtMs + 180_000) });
});

test('processes that start together are one change', () => {
  const at = (seconds: number): readonly [number, string] => [0, String(START / 1000 + seconds)];
  const result = [
    { metric: { job: 'a' }, values: [at(-9999), at(1), at(1)] },
    { metric: { job: 'b' }, values: [at(2), at(60)] },
  ];
  const changes = restartsIn({ data: { result } }, { startMs: START, endMs: START + 120_000 });
  assert.deepEqual(
    changes.map(({ services, text }) => [services, text]),
    [
      [['b'], 'its process started'],
      [['a', 'b'], '2 processes started'],
    ],
  );
  const answer = {
    data: { result: [{ metric: { service_name: 'a', span_name: 'GET /x' }, value: [0, '1'] as const }] },
  };
  assert.deepEqual(newOperations(answer)[0]?.services, ['a']);
  assert.deepEqual(newOperations(undefined), []);
});
