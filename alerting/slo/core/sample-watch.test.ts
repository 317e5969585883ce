import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SloEngine, Transition } from '#alerting/slo/ports.ts';
import { createSloEngine } from '#alerting/slo/core/engine.ts';
import { REQUESTS_METRIC } from '#alerting/slo/core/liveness.ts';
import { WriteRequestWriter } from '#signals/prometheus/write-request.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { recordOf, sloOf, spansRecord, START_MS } from '#test/support/slo-world.ts';

const RATIO = sloOf({
  id: 'billing/books',
  service: 'billing',
  selector: { service: 'billing', operation: undefined, kinds: ['server'], attributes: {} },
  indicator: {
    kind: 'ratio',
    judgedIs: 'bad',
    judged: { metric: 'checks_total', labels: { result: 'violated' } },
    total: { metric: 'checks_total', labels: {} },
  },
});

/** A scrape of a service: whether it answers, and what it counts. */
interface Scrape {
  readonly up: boolean;
  readonly values: Readonly<Record<string, number>>;
}

class Scraped {
  readonly engine: SloEngine = createSloEngine();
  readonly transitions: Transition[] = [];
  #second = 0;

  constructor(...documents: SloDocument[]) {
    this.engine.configure(documents, START_MS);
  }

  /** A scrape every 5 s, and whatever else there is each second. */
  run(
    seconds: number,
    job: string,
    scrape: (second: number) => Scrape,
    each?: (nowMs: number) => void,
  ): this {
    for (const endS = this.#second + seconds; this.#second < endS; this.#second += 1) {
      const nowMs = START_MS + this.#second * 1000;
      each?.(nowMs);
      if (this.#second % 5 === 0) this.#scrape(job, scrape(this.#second), nowMs);
      this.transitions.push(...this.engine.tick(nowMs, 0));
    }
    return this;
  }

  told(): string[] {
    return this.transitions.map(({ kind, to, atMs }) => `${to} ${kind} ${(atMs - START_MS) / 1000}`);
  }

  #scrape(job: string, { up, values }: Scrape, nowMs: number): void {
    const writer = new WriteRequestWriter();
    for (const [key, value] of Object.entries(values)) {
      const [metric = '', result = ''] = key.split(' ');
      const labels = { __name__: metric, instance: 'a', job, ...(result === '' ? {} : { result }) };
      if (up) writer.sample(labels, nowMs, value, false);
    }
    writer.sample({ __name__: 'up', instance: 'a', job }, nowMs, up ? 1 : 0, false);
    this.engine.consume(recordOf('prom-samples', writer.take(), nowMs));
  }
}

test('an SLO on counters burns, and says so in its status', () => {
  const violatedSince = (second: number): Scrape => ({
    up: true,
    values: {
      'checks_total consistent': second < 300 ? 10 * second : 3000,
      'checks_total violated': second < 300 ? 0 : 10 * (second - 300),
    },
  });
  const world = new Scraped(RATIO).run(400, 'billing', violatedSince);
  const [status] = world.engine.status(START_MS + 400_000);
  assert.deepEqual([status?.indicator, status?.state, status?.budget.total], ['ratio', 'burning', 3950]);
  const page = world.transitions.find(({ kind }) => kind === 'page');
  assert.ok(Number(page?.evidence.firstBadMs) >= START_MS + 300_000, 'events lie between two samples');
  assert.deepEqual(page?.evidence.suspects[0]?.service, 'billing');
});

test('its heartbeat is its samples: a scrape that fails makes it blind, and names who is down', () => {
  const until = (second: number): Scrape => ({
    up: second < 300,
    values: { 'checks_total consistent': second },
  });
  const world = new Scraped(RATIO).run(400, 'billing', until);
  assert.deepEqual(world.told(), ['firing blind 326']);
  const [blind] = world.transitions;
  assert.match(blind?.annotations['description'] ?? '', /^No sample of checks_total came for 31s\./);
  assert.equal(blind?.annotations['suspect'], 'billing');
});

test('a service that is scraped and served nothing is idle; one that served without a span is blind', () => {
  const spans =
    (untilS: number) =>
    (world: Scraped) =>
    (nowMs: number): void => {
      if (nowMs >= START_MS + untilS * 1000) return;
      const events = Array.from({ length: 4 }, (_, index) => ({ endMs: nowMs - 10 + index, bad: false }));
      world.engine.consume(spansRecord('quotes', events, nowMs));
    };
  for (const [servedUntilS, expected] of [
    [300, []],
    [900, ['firing blind 330']],
  ] as const) {
    const world = new Scraped(sloOf());
    const scrape = (second: number): Scrape => ({
      up: true,
      values: { [REQUESTS_METRIC]: 4 * Math.min(second, servedUntilS) },
    });
    world.run(900, 'quotes', scrape, spans(300)(world));
    assert.deepEqual(world.told(), expected);
    assert.equal(world.engine.status(START_MS + 900_000)[0]?.state, expected.length === 0 ? 'idle' : 'blind');
  }
});
