import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVALUATION_AS_WRITTEN, asJudged, type Evaluation } from '#alerting/slo/core/evaluation.ts';
import { firingAfter, heartbeat, sloOf, SloWorld } from '#test/support/slo-world.ts';

const COMPRESSED: Evaluation = { windowDivisor: 60, burnFactorMultiplier: 1 };

test('an SLO is judged as it is written unless somebody asks for more', () => {
  const document = sloOf();
  assert.equal(asJudged(document, EVALUATION_AS_WRITTEN), document);
});

test('windows and period shrink together, so factors stay', () => {
  const { periodMs, policies } = asJudged(sloOf(), COMPRESSED);
  assert.equal(periodMs, 12 * 3_600_000);
  assert.deepEqual(
    policies.map((policy) => [policy.longWindowMs / 1000, policy.shortWindowMs / 1000]),
    [
      [60, 5],
      [360, 30],
      [1440, 120],
      [4320, 360],
    ],
  );
  assert.deepEqual(
    policies.map((policy) => policy.factor),
    sloOf().policies.map((policy) => policy.factor),
  );
});

test('no window is shorter than the second counts are kept by, and none overtakes another', () => {
  const { periodMs, policies } = asJudged(sloOf(), { ...COMPRESSED, windowDivisor: 3600 });
  for (const { longWindowMs, shortWindowMs } of policies) {
    assert.ok(shortWindowMs >= 1000 && longWindowMs >= shortWindowMs && periodMs >= longWindowMs);
  }
});

test('sixty times faster a total outage pages in one second and resolves in half a minute', () => {
  const world = SloWorld.judging(COMPRESSED, sloOf()).run(1500, 50);
  const brokenMs = world.nowMs;
  world.run(20, 50, 1);
  const [pair] = world.engine.status(world.nowMs)[0]?.windows ?? [];
  assert.deepEqual([pair?.longWindowMs, pair?.shortWindowMs], [60_000, 5000]);
  world.run(60, 50);
  assert.deepEqual(
    world.told(brokenMs).filter((line) => line.includes('page')),
    ['firing page 1', 'resolved page 50'],
  );
  const page = world.transitions.find(({ kind }) => kind === 'page');
  assert.equal(page?.annotations['burn_window'], '1m');
  assert.match(page?.annotations['description'] ?? '', /over 12h/);
  assert.equal(page?.evidence.firstBadMs, brokenMs);
});

test('as written the same outage takes the 52 seconds it must', () => {
  const world = new SloWorld(sloOf()).run(3600, 50);
  const brokenMs = world.nowMs;
  assert.equal(world.run(60, 50, 1).firedAfter('page', brokenMs), 52);
});

test('a multiplied factor keeps a page from firing that would have fired', () => {
  const slow = { windowDivisor: 60, burnFactorMultiplier: 100 };
  for (const [evaluation, expected] of [
    [COMPRESSED, ['firing page 1']],
    [slow, []],
  ] as const) {
    const world = SloWorld.judging(evaluation, sloOf()).run(1500, 50);
    const brokenMs = world.nowMs;
    world.run(20, 50, 1);
    assert.deepEqual(
      world.told(brokenMs).filter((line) => line.includes('page')),
      expected,
    );
  }
});

test('in compressed time silence is blindness after five seconds, traffic that stops is idle after five', () => {
  const world = SloWorld.judging(COMPRESSED, sloOf()).run(120, 50);
  const silentMs = world.nowMs;
  world.run(10, 0);
  assert.deepEqual(world.told(silentMs), ['firing blind 6']);
  const alive = SloWorld.judging(COMPRESSED, sloOf());
  for (let second = 0; second < 60; second += 1) {
    alive.engine.consume(heartbeat('otlp-metrics', 'quotes', alive.nowMs));
    alive.run(1, second < 30 ? 50 : 0);
    if (second === 33) assert.equal(alive.state(), 'ok');
  }
  assert.equal(alive.state(), 'idle');
  assert.deepEqual(alive.told(), []);
});

test('in compressed time a slow beat of metrics is waited for', () => {
  const world = SloWorld.judging(COMPRESSED, sloOf());
  for (let second = 0; second < 300; second += 1) {
    if (second % 10 === 0) world.engine.consume(heartbeat('otlp-metrics', 'quotes', world.nowMs));
    world.run(1, second < 30 ? 50 : 0);
  }
  assert.deepEqual(world.told(), []);
});

test('compressed judging goes on after a restart', () => {
  const world = SloWorld.judging(COMPRESSED, sloOf()).run(1500, 50);
  world.run(5, 50, 1);
  const firing = firingAfter(world.transitions);
  assert.deepEqual(
    firing.map(({ kind }) => kind),
    ['page', 'ticket'],
  );
  world.restart(world.engine.save(), firing);
  const restartedMs = world.nowMs;
  world.run(10, 50, 1);
  assert.deepEqual(
    world.transitions.filter(({ atMs }) => atMs > restartedMs),
    [],
  );
  assert.equal(world.state(), 'burning');
});
