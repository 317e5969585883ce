import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heartbeat, SloWorld, sloOf, spansRecord, START_MS } from '#test/support/slo-world.ts';

/** Seconds until the first page: the ideal of the burn-rate maths, then at most two ticks more. */
const DETECTION: readonly [objective: number, errorRatio: number, idealS: number][] = [
  [0.9999, 1, 5.184],
  [0.9995, 1, 25.92],
  [0.999, 1, 51.84],
  [0.999, 0.5, 103.68],
  [0.999, 0.1, 518.4],
  [0.99, 1, 518.4],
  [0.995, 1, 259.2],
];

for (const [objective, errorRatio, idealS] of DETECTION) {
  test(`${objective * 100} %, ${errorRatio * 100} % errors: pages after ${idealS} s`, () => {
    const world = new SloWorld(sloOf({ objective }));
    world.run(120, 20);
    const sinceMs = world.nowMs;
    world.run(Math.ceil(idealS) + 5, 20, errorRatio);
    const seconds = world.firedAfter('page', sinceMs);
    assert.ok(seconds !== undefined, 'it pages');
    assert.ok(seconds >= idealS - 1 && seconds <= idealS + 2, `paged after ${seconds} s, ideal ${idealS} s`);
  });
}

test('a page says what burns, since when, and shows failing traces', () => {
  const world = new SloWorld(sloOf({ annotations: { runbook_url: 'https://runbooks.example' } }));
  world.run(600, 20);
  const sinceMs = world.nowMs;
  world.run(60, 20, 1);
  const page = world.transitions[0];
  assert.ok(page !== undefined);
  assert.deepEqual(page.labels, {
    alertname: 'ErrorBudgetBurn',
    severity: 'page',
    slo_id: 'quotes/availability',
    service: 'quotes',
  });
  assert.equal(
    page.annotations['summary'],
    'quotes: Quotes are answered burns its error budget 14.4 times too fast',
  );
  assert.match(
    page.annotations['description'] ?? '',
    /^10\d\d bad events in the last 1h; the objective is 99\.9 % over 30d\./,
  );
  assert.equal(page.annotations['runbook_url'], 'https://runbooks.example');
  assert.equal(page.annotations['first_bad_at'], new Date(sinceMs).toISOString());
  const { evidence } = page;
  assert.equal(evidence.firstBadMs, sinceMs);
  assert.equal(evidence.failingTraceIds.length, 20);
  assert.equal(evidence.failingTraceIds.at(-1), page.annotations['trace_id']);
  assert.match(evidence.failingTraceIds[0] ?? '', /^[0-9a-f]{32}$/);
  assert.ok((evidence.budgetRemainingRatio ?? 0) > 0.97 && (evidence.budgetRemainingRatio ?? 1) < 0.99);
  assert.equal(evidence.windows.length, 4);
  assert.ok(evidence.windows[0]?.holds);
});

test('a recovery resolves when the short window clears, the ticket too, and nothing flaps', () => {
  const world = new SloWorld(sloOf());
  world.run(600, 20);
  const sinceMs = world.nowMs;
  world.run(60, 20, 1).run(1200, 20);
  const told = world.told(sinceMs);
  assert.deepEqual(
    told.map((line) => line.replace(/ [\d.]+$/, '')),
    ['firing page', 'resolved page'],
  );
  const resolvedS = Number(told[1]?.split(' ')[2]) - 60;
  assert.ok(resolvedS >= 285 && resolvedS <= 302, `resolved ${resolvedS} s after recovery, ideal 295.7`);
  assert.equal(world.state(), 'ok');
});

test('few failures at low traffic do not page; enough of them do', () => {
  const world = new SloWorld(sloOf());
  world.run(3600, 0.02, 0.05);
  assert.deepEqual(world.told(), [], '72 requests, 3 failures: 41 times the budget, but chance');
  world.run(300, 0.02, 1);
  assert.equal(world.firedAfter('page', START_MS) !== undefined, true);
});

test('errors within the budget never page', () => {
  const world = new SloWorld(sloOf());
  world.run(3600, 5, 0.001);
  assert.deepEqual(world.told(), []);
  assert.equal(world.state(), 'ok');
});

test('errors from the first request on page as late as after a long history', () => {
  const world = new SloWorld(sloOf());
  world.run(60, 20, 1);
  const seconds = world.firedAfter('page', START_MS) ?? 0;
  assert.ok(seconds >= 51 && seconds <= 54, `${seconds} s`);
});

test('no data never resolves', () => {
  const world = new SloWorld(sloOf());
  world.run(120, 20).run(60, 20, 1);
  assert.deepEqual(world.told().length, 1);
  // The service lives on (its logs come), but nobody asks anything of it.
  for (let second = 0; second < 7200; second += 1) {
    world.nowMs += 1000;
    if (second % 10 === 0) world.engine.consume(heartbeat('otlp-logs', 'quotes', world.nowMs));
    world.tick();
  }
  assert.deepEqual(
    world.told().filter((line) => line.startsWith('resolved page')),
    [],
  );
  assert.equal(world.state(), 'burning');
  // One good answer is no recovery either: most of the short window must be measured first.
  world.run(1, 20);
  assert.equal(
    world.told().some((line) => line.startsWith('resolved page')),
    true,
    'measured as idle all along',
  );
});

test('a gap in telemetry: the first good answers resolve nothing', () => {
  const world = new SloWorld(sloOf());
  world.run(300, 20).run(60, 20, 1);
  world.nowMs += 1_200_000;
  world.run(60, 20);
  assert.deepEqual(
    world.told().map((line) => line.split(' ', 2).join(' ')),
    ['firing page'],
  );
  world.run(300, 20);
  assert.equal(world.told().at(-1)?.startsWith('resolved page'), true);
});

test('a service that falls silent goes blind within two minutes, burn alerts frozen', () => {
  const world = new SloWorld(sloOf());
  world.run(300, 20).run(70, 20, 1);
  const sinceMs = world.nowMs;
  world.run(600, 0);
  assert.equal(world.state(), 'blind');
  const blindS = world.firedAfter('blind', sinceMs) ?? Infinity;
  assert.ok(blindS > 30 && blindS <= 120, `${blindS} s`);
  const blind = world.transitions.at(-1);
  assert.deepEqual([blind?.labels['alertname'], blind?.labels['severity']], ['SLOTelemetryLost', 'page']);
  assert.deepEqual(
    world.told().filter((line) => line.startsWith('resolved')),
    [],
  );
  world.run(30, 20);
  assert.equal(world.told().at(-1)?.startsWith('resolved blind'), true);
  assert.equal(world.state(), 'burning');
});

test('with a heartbeat but no requests a service is idle, not blind', () => {
  const world = new SloWorld(sloOf());
  world.run(60, 20);
  for (let second = 0; second < 900; second += 1) {
    world.nowMs += 1000;
    if (second % 60 === 0) world.engine.consume(heartbeat('otlp-metrics', 'quotes', world.nowMs));
    world.tick();
  }
  assert.equal(world.state(), 'idle');
  assert.deepEqual(world.told(), []);
  const budget = world.engine.status(world.nowMs)[0]?.budget;
  assert.equal(budget?.total, 1200);
});

test('periodic metrics make silence known after two minutes', () => {
  const world = new SloWorld(sloOf());
  for (let minute = 0; minute < 10; minute += 1) {
    world.engine.consume(heartbeat('otlp-metrics', 'quotes', world.nowMs));
    world.run(60, 0);
  }
  const sinceMs = world.nowMs - 60_000;
  world.run(120, 0);
  const blindS = world.firedAfter('blind', sinceMs) ?? Infinity;
  assert.ok(blindS > 90 && blindS <= 121, `${blindS} s after the last metric`);
});

test('the odd span is no habit: such a source is idle, never blind', () => {
  const world = new SloWorld(sloOf());
  world.run(7200, 1 / 180);
  world.run(7200, 0);
  assert.equal(world.state(), 'idle');
  assert.deepEqual(world.told(), []);
});

test('behind the journal nothing fires and nothing resolves', () => {
  const world = new SloWorld(sloOf());
  world.run(120, 20);
  const behind = (seconds: number, errorRatio: number): void => {
    for (let second = 0; second < seconds; second += 1) {
      const events = Array.from({ length: 20 }, () => ({ endMs: world.nowMs, bad: errorRatio === 1 }));
      world.nowMs += 1000;
      world.engine.consume(spansRecord('quotes', events, world.nowMs));
      world.tick(5001);
    }
  };
  behind(120, 1);
  assert.deepEqual(world.told(), []);
  assert.equal(world.state(), 'catching-up');
  world.tick(0);
  assert.equal(world.told().length, 1, 'caught up, it fires');
  behind(900, 0);
  assert.equal(world.told().length, 1);
  world.tick(5000);
  assert.match(world.told()[1] ?? '', /^resolved page/);
});

test('events far from now count at receipt and are counted', () => {
  const world = new SloWorld(sloOf());
  const at = (endMs: number) => ({ endMs, bad: false });
  const { nowMs } = world;
  world.engine.consume(
    spansRecord(
      'quotes',
      [at(nowMs - 600_001), at(nowMs - 600_000), at(nowMs), at(nowMs + 60_000), at(nowMs + 60_001)],
      nowMs,
    ),
  );
  world.tick();
  assert.deepEqual(world.engine.lateEvents(), { past: 1, future: 1 });
  assert.equal(world.engine.status(nowMs)[0]?.budget.total, 5);
});

for (const jumpMs of [3_600_000, -3_600_000]) {
  test(`a clock that jumps ${jumpMs / 3_600_000} h pages nobody, and outages are still found`, () => {
    const world = new SloWorld(sloOf());
    world.run(900, 20, 0.0005);
    world.nowMs += jumpMs;
    world.run(900, 20, 0.0005);
    assert.deepEqual(world.told(), []);
    const sinceMs = world.nowMs;
    world.run(60, 20, 1);
    const seconds = world.firedAfter('page', sinceMs) ?? Infinity;
    assert.ok(seconds <= 54, `found after ${seconds} s`);
    world.nowMs -= jumpMs;
    world.run(30, 20, 1);
    assert.equal(world.told().length, 1, 'neither resolved nor fired again by the jump back');
    world.run(400, 20);
    assert.equal(world.told().at(-1)?.startsWith('resolved page'), true);
  });
}

test('only spans of the service, kind, name and attributes count', () => {
  const world = new SloWorld(sloOf(), sloOf({ id: 'other/availability', service: 'other' }));
  world.run(60, 10, 0, 'quotes').run(60, 10, 0, 'third');
  assert.deepEqual(
    world.engine.status(world.nowMs).map((slo) => slo.budget.total),
    [600, 0],
  );
});

test('removing an SLO resolves what fired; a changed one keeps its history', () => {
  const world = new SloWorld(sloOf());
  world.run(120, 20).run(60, 20, 1);
  assert.deepEqual(
    world.engine.configure([sloOf({ objective: 0.99, periodMs: 90 * 86_400_000 })], world.nowMs),
    [],
  );
  assert.equal(world.engine.status(world.nowMs)[0]?.budget.total, 3600);
  const gone = world.engine.configure([], world.nowMs);
  assert.deepEqual(
    gone.map(({ kind, to, labels }) => [kind, to, labels['slo_id']]),
    [['page', 'resolved', 'quotes/availability']],
  );
  assert.deepEqual(world.engine.status(world.nowMs), []);
});

test('after a restart what was firing fires on; an alert without its SLO is resolved once', () => {
  const world = new SloWorld(sloOf());
  world.run(120, 20).run(60, 20, 1);
  world.restart(world.engine.save(), [
    { sloId: 'quotes/availability', kind: 'page', sinceMs: START_MS },
    { sloId: 'gone/x', kind: 'ticket', sinceMs: START_MS },
  ]);
  assert.equal(world.state(), 'catching-up');
  const before = world.transitions.length;
  world.run(5, 20, 1);
  assert.deepEqual(
    world.transitions.slice(before).map(({ sloId, kind, to }) => `${to} ${kind} ${sloId}`),
    ['resolved ticket gone/x'],
  );
  assert.equal(world.state(), 'burning');
});

test('a snapshot that cannot be read costs the history, not the engine', () => {
  const world = new SloWorld(sloOf());
  world.restart(
    new Map([
      ['quotes/availability', Uint8Array.of(1, 2, 3)],
      ['', Uint8Array.of(9)],
    ]),
    [],
  );
  world.run(60, 20, 1);
  assert.equal(world.told().length, 1);
});

test('a record that cannot be decoded is passed over', () => {
  const world = new SloWorld(sloOf());
  world.engine.consume({ ...spansRecord('quotes', [], world.nowMs), body: Uint8Array.of(0x0a, 0x50, 1) });
  world.run(10, 10);
  assert.equal(world.engine.status(world.nowMs)[0]?.budget.total, 100);
});

test('a restart in the middle of silence resolves nothing while it waits to call it blindness', () => {
  const world = new SloWorld(sloOf());
  world.run(600, 20).run(70, 20, 1).run(160, 20).run(200, 0);
  assert.deepEqual(
    world.told().map((line) => line.split(' ', 2).join(' ')),
    ['firing page', 'firing blind'],
  );
  const fresh = new SloWorld(sloOf());
  fresh.run(600, 20).run(70, 20, 1).run(160, 20);
  const snapshots = new Map<string, Uint8Array>();
  for (let restart = 0; restart < 10; restart += 1) {
    for (const [key, snapshot] of fresh.engine.save()) snapshots.set(key, snapshot);
    fresh.restart(snapshots, [{ sloId: 'quotes/availability', kind: 'page', sinceMs: START_MS }]);
    fresh.run(25, 0);
  }
  assert.deepEqual(
    fresh.told().map((line) => line.split(' ', 2).join(' ')),
    ['firing page'],
  );
});

test('a page names the service it was traced to, with the reason', () => {
  const world = new SloWorld(sloOf()).run(3600, 50);
  world.run(60, 50, 1);
  const page = world.transitions.find(({ kind, to }) => kind === 'page' && to === 'firing');
  assert.deepEqual(
    page?.evidence.suspects.map(({ service, score }) => [service, score]),
    [['quotes', 1]],
  );
  assert.equal(page.annotations['suspect'], 'quotes');
  assert.match(
    page.annotations['suspect_reason'] ?? '',
    /^quotes: 100 % of its requests failed since 09:00:00 UTC, with no failing call behind them$/,
  );
  const ticket = world.run(600, 50).transitions.find(({ kind, to }) => kind === 'page' && to === 'resolved');
  assert.deepEqual([ticket?.evidence.suspects, ticket?.annotations['suspect']], [[], undefined]);
});

test('lost telemetry is told of the service that fell silent', () => {
  const world = new SloWorld(sloOf()).run(120, 50).run(60, 0);
  const [blind] = world.transitions;
  assert.deepEqual([blind?.kind, blind?.annotations['suspect']], ['blind', 'quotes']);
  assert.match(blind?.annotations['suspect_reason'] ?? '', /^quotes: no telemetry came since 08:02:00 UTC$/);
});
