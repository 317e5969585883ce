/**
 * SLOs on counters through whole histories: killed at any step or never, what
 * was counted is what the counters of the service rose by, and the alerts are
 * the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '#base/random.ts';
import { seededRandom } from '#base/sim/random.ts';
import type { Transition } from '#alerting/slo/ports.ts';
import { createSloEngine } from '#alerting/slo/core/engine.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { WriteRequestWriter } from '#signals/prometheus/write-request.ts';
import { buildMetrics } from '#test/support/otlp.ts';
import { firingAfter, recordOf, sloOf, START_MS } from '#test/support/slo-world.ts';

const seed = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const scale = Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1);
const SCRAPE_S = 5;
const METRIC = 'freight_position_checks_total';

const SLO = sloOf({
  id: 'tracking/freshness',
  service: 'tracking',
  selector: { service: 'tracking', operation: undefined, kinds: ['server'], attributes: {} },
  indicator: {
    kind: 'ratio',
    judgedIs: 'good',
    judged: { metric: METRIC, labels: { result: 'fresh' } },
    total: { metric: METRIC, labels: {} },
  },
});

/** A service that counts, is restarted now and then, and is scraped or exports. */
class Counting {
  readonly records: { readonly second: number; readonly record: JournalRecord }[] = [];
  /** What it counted since it was first seen. */
  readonly truth = { total: 0, bad: 0 };
  readonly #random: Random;
  readonly #wire: 'prom-samples' | 'otlp-metrics';
  #fresh = 1000;
  #stale = 0;
  #unseen = { total: 0, bad: 0 };
  #wasSeen = false;
  #showsZeros = false;

  constructor(random: Random, wire: 'prom-samples' | 'otlp-metrics') {
    this.#random = random;
    this.#wire = wire;
  }

  play(seconds: number): this {
    for (let second = 0; second < seconds; second += 1) {
      this.#work(staleRatioAt(second));
      if (second % SCRAPE_S === 0) this.#show(second);
    }
    return this;
  }

  #work(staleRatio: number): void {
    for (let check = this.#random.below(12); check > 0; check -= 1) {
      const stale = this.#random.float() < staleRatio;
      if (stale) this.#stale += 1;
      else this.#fresh += 1;
      this.#unseen.total += 1;
      if (stale) this.#unseen.bad += 1;
    }
  }

  #show(second: number): void {
    // What a process had counted since it was last seen dies with it.
    if (this.#random.below(100) === 0) {
      this.#fresh = 0;
      this.#stale = 0;
      this.#showsZeros = true;
      this.#unseen = { total: 0, bad: 0 };
    }
    const atMs = START_MS + second * 1000;
    this.records.push({ second, record: recordOf(this.#wire, this.#body(atMs), atMs) });
    if (this.#wasSeen) {
      this.truth.total += this.#unseen.total;
      this.truth.bad += this.#unseen.bad;
    }
    this.#wasSeen = true;
    this.#unseen = { total: 0, bad: 0 };
  }

  /**
   * A label value is there from its first count on, as in prom-client. After a
   * restart zeros are shown: one that passes its old value unseen nobody can tell.
   */
  #body(atMs: number): Uint8Array {
    const values = Object.entries({ fresh: this.#fresh, stale: this.#stale }).filter(
      ([, value]) => value > 0 || this.#showsZeros,
    );
    if (this.#wire === 'otlp-metrics') {
      const nanos = BigInt(atMs) * 1_000_000n;
      const points = values.map(([result, value]) => ({ nanos, value, attributes: { result } }));
      const metrics = [{ name: 'freight.position.checks', kind: 'sum', monotonic: true, points }] as const;
      return buildMetrics({ service: 'tracking', metrics });
    }
    const writer = new WriteRequestWriter();
    for (const [result, value] of values) {
      writer.sample({ __name__: METRIC, instance: 'a', job: 'tracking', result }, atMs, value, false);
    }
    writer.sample({ __name__: 'up', instance: 'a', job: 'tracking' }, atMs, 1, false);
    return writer.take();
  }
}

/** Peace, an outage, peace. */
function staleRatioAt(second: number): number {
  if (second < 60) return 0;
  return second >= 600 && second < 800 ? 0.7 : 0.0005;
}

interface Outcome {
  readonly transitions: readonly Transition[];
  readonly total: number;
  readonly bad: number;
}

const SECONDS = 1800;

type Kill = 'committed' | 'lost';

/** An engine, and what survives it: snapshots, alerts and the place in the journal. */
class Run {
  transitions: readonly Transition[] = [];
  readonly #records: Counting['records'];
  readonly #snapshots = new Map<string, Uint8Array>();
  #engine = createSloEngine();
  #cursor = 0;

  constructor(history: Counting) {
    this.#records = history.records;
    this.#engine.configure([SLO], START_MS);
  }

  /** @param kill after this second's commit, or before it */
  step(second: number, kill: Kill | undefined, forgets: boolean): void {
    const due = this.#records.filter((one, index) => index >= this.#cursor && one.second <= second);
    for (const { record } of due) this.#engine.consume(record);
    const nowMs = START_MS + second * 1000;
    const found = this.#engine.tick(nowMs, 0);
    if (kill !== 'lost') {
      for (const [key, snapshot] of this.#engine.save()) this.#snapshots.set(key, snapshot);
      this.#cursor += due.length;
      this.transitions = [...this.transitions, ...found];
    }
    if (kill === undefined) return;
    if (forgets) this.#snapshots.delete(SLO.id);
    this.#engine = createSloEngine();
    this.#engine.configure([SLO], nowMs);
    this.#engine.restore(this.#snapshots, firingAfter(this.transitions), nowMs);
  }

  counts(): { readonly total: number; readonly bad: number } {
    const { good = 0, total = 0 } = this.#engine.status(START_MS + SECONDS * 1000)[0]?.budget ?? {};
    return { total, bad: total - good };
  }
}

function judge(history: Counting, kills: ReadonlyMap<number, Kill>, forgets = false): Outcome {
  const run = new Run(history);
  for (let second = 0; second < SECONDS; second += 1) run.step(second, kills.get(second), forgets);
  return { transitions: run.transitions, ...run.counts() };
}

function told(transitions: readonly Transition[]): string[] {
  return transitions.map(({ kind, to }) => `${to} ${kind}`);
}

function randomKills(random: Random): ReadonlyMap<number, Kill> {
  const kills = new Map<number, Kill>();
  for (let second = random.below(60); second < SECONDS; second += 1 + random.below(120)) {
    kills.set(second, random.below(2) === 0 ? 'committed' : 'lost');
  }
  return kills;
}

for (const wire of ['prom-samples', 'otlp-metrics'] as const) {
  test(`${wire}: killed or not, what was counted is what the counters rose by`, () => {
    for (let round = 0; round < 4 * scale; round += 1) {
      const note = `seed ${seed}, round ${round}`;
      const random = seededRandom(seed + round);
      const history = new Counting(random, wire).play(SECONDS);
      const calm = judge(history, new Map());
      assert.deepEqual({ total: calm.total, bad: calm.bad }, history.truth, note);
      assert.equal(told(calm.transitions)[0], 'firing page', note);
      const killed = judge(history, randomKills(random));
      assert.deepEqual({ total: killed.total, bad: killed.bad }, history.truth, `${note}, killed`);
      assert.deepEqual(told(killed.transitions), told(calm.transitions), `${note}, killed`);
    }
  });
}

test('negative control: an engine that forgets what it counted is caught', () => {
  const random = seededRandom(seed);
  const history = new Counting(random, 'prom-samples').play(SECONDS);
  const kills = new Map([[900, 'committed' as const]]);
  const { total } = judge(history, kills, true);
  assert.notEqual(total, history.truth.total);
});
