import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTime } from '#chaos/prove/core/episodes.ts';
import { judge, judgeAll, type Verdict } from '#chaos/prove/core/judge.ts';
import { servicesAbove } from '#chaos/prove/core/match.ts';
import type { RecordedPage, RecordedRun } from '#chaos/prove/core/recorded-run.ts';
import { shareOf, wilsonLower } from '#chaos/prove/core/score.ts';
import { pageAt, recordedRun, RUN_START_MS, type FaultSpec } from '#test/support/recorded-run.ts';

const FAULTS: readonly FaultSpec[] = [
  { id: 'errors', target: 'quotes', failed: 0.5 },
  { id: 'slowness', target: 'shipments', failed: 0, slow: 1 },
  { id: 'kill', target: 'dispatch', failed: 1 },
  { id: 'cut', target: 'tracking', failed: 0.3 },
];

const GOOD = recordedRun({ faults: FAULTS });

function fails(run: RecordedRun, reason: RegExp): Verdict {
  const verdict = judge(run);
  assert.equal(verdict.passed, false);
  assert.ok(
    verdict.reasons.some((text) => reason.test(text)),
    verdict.reasons.join('\n'),
  );
  return verdict;
}

function withPages(change: (page: RecordedPage, index: number) => RecordedPage | undefined): RecordedRun {
  return { ...GOOD, pages: GOOD.pages.flatMap((page, index) => change(page, index) ?? []) };
}

test('the good run passes, with a figure for everything', () => {
  const { passed, reasons, score, worlds } = judge(GOOD);
  assert.deepEqual(reasons, []);
  assert.equal(passed, true);
  assert.deepEqual(
    worlds[0]?.rows.map(({ phase, outcome }) => `${phase.id} ${outcome}`),
    ['quiet clean', 'sham clean', 'errors detected', 'slowness detected', 'kill detected', 'cut detected'],
  );
  assert.deepEqual([score.recall.hits, score.recall.of, score.recall.value], [4, 4, 1]);
  assert.deepEqual([score.precision.value, score.blameTop1.value, score.quiet.value], [1, 1, 1]);
  assert.ok(
    Math.abs((score.secondsFromPolicy?.median ?? 0) - 1) < 0.3,
    JSON.stringify(score.secondsFromPolicy),
  );
  assert.ok((score.efficiency?.median ?? 0) > 1);
  assert.ok(Math.abs((score.resolvedAfterSeconds?.max ?? 0) - 30.5) < 0.01);
});

// The five negative controls: what proves a detector must be able to disprove one.

test('control: no SLOs', () => {
  fails({ ...GOOD, slos: [], pages: [] }, /there is no SLO/);
});

test('control: a dead receiver', () => {
  const { score } = fails({ ...GOOD, pages: [] }, /it hurt users and nobody was paged/);
  assert.equal(score.recall.hits, 0);
  assert.equal(score.precision.value, null, 'nothing paged: there is no share of it');
});

test('control: burn factors times ten page too late or never', () => {
  // Ten times the factor is ten times as long; what cannot burn so fast never pages.
  const slowed = withPages((page) => {
    if (page.fingerprint === 'gateway/latency') return undefined;
    const receivedMs = page.status === 'firing' ? page.receivedMs + 12_000 : page.receivedMs;
    return { ...page, receivedMs };
  });
  const verdict = fails(slowed, /the page came 1[23]\.\d s after the policy held, 10 s are allowed/);
  assert.deepEqual([verdict.score.recall.hits, verdict.score.recall.of], [0, 4]);
});

test('control: an alert that always fires', () => {
  const always = pageAt(RUN_START_MS + 3000, { fingerprint: 'always' });
  const verdict = fails({ ...GOOD, pages: [always, ...GOOD.pages] }, /a false page outside of every phase/);
  assert.equal(verdict.score.precision.of, 5);
  const again = { ...always, receivedMs: RUN_START_MS + 90_000 };
  const repeated = judge({ ...GOOD, pages: [always, again, ...GOOD.pages] });
  assert.equal(repeated.score.precision.of, 5, 'a repeated notification is the same page');
});

test('control: blame shuffled', () => {
  const suspects = GOOD.pages.map(({ annotations }) => annotations['suspect'] ?? '');
  const shuffled = withPages((page, index) => ({
    ...page,
    annotations: { suspect: suspects[(index + 2) % suspects.length] ?? '' },
  }));
  const verdict = fails(shuffled, /0 of 4 pages named the right service first, 4 are needed/);
  assert.equal(verdict.score.recall.value, 1);
});

test('a page in a quiet or sham phase is false, whatever it says', () => {
  for (const second of [30, 75]) {
    const page = pageAt(RUN_START_MS + 1000 * second, { fingerprint: 'x' });
    fails(
      { ...GOOD, pages: [page, ...GOOD.pages] },
      /(quiet|sham): a false page: ErrorBudgetBurn gateway\/availability/,
    );
  }
});

test('a page of a service off the way of the fault is false; a second one on it is a duplicate', () => {
  const atMs = (GOOD.phases[2]?.startedMs ?? 0) + 4000;
  const on = pageAt(atMs, { fingerprint: 'x' });
  const off = pageAt(atMs, { fingerprint: 'y', labels: { severity: 'page', service: 'carriers' } });
  const ticket = pageAt(atMs, { fingerprint: 'z', labels: { severity: 'ticket', service: 'carriers' } });
  const verdict = judge({ ...GOOD, pages: [...GOOD.pages, on, ticket] });
  assert.equal(verdict.passed, true);
  assert.equal(verdict.score.duplicates, 1);
  fails({ ...GOOD, pages: [...GOOD.pages, off] }, /errors: a false page: carriers/);
});

test('a late page belongs to the fault that started it', () => {
  const late = withPages((page) =>
    page.annotations['suspect'] === 'quotes' ? { ...page, receivedMs: page.receivedMs + 60_000 } : page,
  );
  const verdict = fails(late, /errors: the page came/);
  assert.equal(verdict.score.precision.value, 1);
});

test('a fault taken back when it paged early counts, for it hurt users', () => {
  const weak = recordedRun({ faults: [{ id: 'weak', target: 'quotes', failed: 0.01 }] });
  const [fault] = weak.phases.slice(-1);
  assert.ok(fault !== undefined);
  const early = { ...weak, pages: [pageAt(fault.startedMs + 4000)] };
  const { rows = [] } = judge(early).worlds[0] ?? {};
  assert.equal(rows.at(-1)?.policyMs, null);
  assert.equal(rows.at(-1)?.outcome, 'detected');
});

test('a fault that hurts nobody proves nothing where it was to hurt; elsewhere it is left out', () => {
  const harmless = recordedRun({ faults: [...FAULTS, { id: 'nothing', target: 'billing', failed: 0 }] });
  const run = { ...harmless, pages: GOOD.pages };
  fails(run, /nothing: it was to hurt users and did not/);
  const phases = run.phases.map((phase) =>
    phase.id === 'nothing' ? { ...phase, expect: 'any' as const } : phase,
  );
  const { passed, score } = judge({ ...run, phases });
  assert.deepEqual([passed, score.recall.of], [true, 4]);
});

test('a fault seen by silence alone has the time silence takes', () => {
  const run = recordedRun({ faults: [{ id: 'kill', target: 'gateway', failed: 1 }], pageAfterMs: 14_000 });
  fails(run, /kill: the page came/);
  const phases = run.phases.map((phase) => (phase.id === 'kill' ? { ...phase, blindAfterMs: 5000 } : phase));
  assert.equal(judge({ ...run, phases }).passed, true);
});

test('a load that was not what it claims makes the run void', () => {
  fails({ ...GOOD, generator: { ...GOOD.generator, lagP99Ms: 500 } }, /the load came 500 ms late/);
  fails({ ...GOOD, generator: { ...GOOD.generator, overLimit: 3 } }, /left out 3 requests/);
  fails(
    { ...GOOD, generator: { ...GOOD.generator, logLinesLost: 2 } },
    /2 requests of users are not in their log/,
  );
  fails({ ...GOOD, version: 2 }, /version 2/);
});

test('nothing recorded, or nothing to count, is no pass', () => {
  assert.equal(judgeAll([]).passed, false);
  const { score } = fails(recordedRun({ faults: [] }), /no fault hurt users/);
  assert.deepEqual([score.recall.value, score.recall.lower95, score.secondsFromPolicy], [null, null, null]);
});

test('several worlds are one verdict', () => {
  const { passed, score, worlds } = judgeAll([GOOD, { ...GOOD, kind: 'outage' }]);
  assert.deepEqual([passed, score.recall.of, worlds.length], [true, 8, 2]);
  assert.match(judgeAll([GOOD, { ...GOOD, kind: 'outage', pages: [] }]).reasons[0] ?? '', /^outage: errors/);
});

test('a fault is felt in the service and in all above it', () => {
  assert.deepEqual([...servicesAbove('dispatch', GOOD.graph)].toSorted(), [
    'dispatch',
    'gateway',
    'shipments',
  ]);
  assert.deepEqual([...servicesAbove('a', { a: ['b'], b: ['a'] })].toSorted(), ['a', 'b'], 'circles end');
});

test("the Wilson bound is the root of its own equation, and has the textbook's values", () => {
  for (const [n, bound] of [
    [40, 0.912],
    [100, 0.963],
    [300, 0.987],
    [400, 0.99],
  ] as const) {
    assert.equal(Number(wilsonLower(n, n).toFixed(3)), bound);
  }
  for (let of = 1; of <= 60; of += 1) {
    for (let hits = 1; hits <= of; hits += 1) {
      // At the bound p, the share seen lies 1.96 standard errors of p above it.
      const p = wilsonLower(hits, of);
      const distance = (hits / of - p) / Math.sqrt((p * (1 - p)) / of);
      assert.ok(Math.abs(distance - 1.959964) < 1e-6, `${hits} of ${of}: ${distance}`);
    }
    assert.ok(wilsonLower(0, of) < 1e-12);
  }
  assert.deepEqual(shareOf(0, 0), { hits: 0, of: 0, value: null, lower95: null });
});

test('times are read with fractions and offsets, and nothing else is a time', () => {
  for (const text of [
    '1970-01-01T00:00:00Z',
    '2026-11-21T08:20:08.125Z',
    '2024-02-29T23:59:59+05:30',
    '2000-03-01T00:00:00-01:00',
  ]) {
    assert.equal(parseTime(text), Date.parse(text), text);
  }
  for (const text of ['', 'yesterday', '2026-11-21']) assert.equal(parseTime(text), undefined);
});
