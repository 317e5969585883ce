import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DueQueue } from '#sample-services/load/core/due-queue.ts';
import { Generator, type Attempt, type Outcome } from '#sample-services/load/core/generator.ts';
import { REQUESTS_PER_JOURNEY } from '#sample-services/load/core/journeys.ts';
import { RandomStream } from '#sample-services/load/core/random-stream.ts';
import { Statistics } from '#sample-services/load/core/statistics.ts';

const START_MS = 1_700_000_000_000;
const SERVICE_MS = 1;

/** What the company answers at a time, and when. */
type Server = (attempt: Attempt, startedMs: number) => Outcome;

interface Seen extends Attempt {
  /** The first request of a customer: these alone come as a Poisson process. */
  readonly isArrival: boolean;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly status: number;
}

function answerOf({ step }: Attempt, endedMs: number): Outcome {
  switch (step) {
    case 'POST /token':
      return { endedMs, status: 200, token: { text: 'a', lifeMs: 600_000 } };
    case 'POST /quotes':
      return { endedMs, status: 201, quoteId: 'QTE-1' };
    case 'POST /shipments':
      return { endedMs, status: 201, shipmentId: 'SHP-1' };
    case 'GET /shipments/:id':
    case 'GET /shipments/:id/tracking':
      return { endedMs, status: 200 };
    default:
      return step satisfies never;
  }
}

const healthy: Server = (attempt, startedMs) => answerOf(attempt, startedMs + SERVICE_MS);

/** Runs the generator in simulated time, with no limit on what the server does at once. */
function simulate(generator: Generator, server: Server, forMs: number): Seen[] {
  const seen: Seen[] = [];
  const answers = new DueQueue<{ attempt: Attempt; outcome: Outcome }>();
  let nowMs = START_MS;
  while (nowMs < START_MS + forMs) {
    for (let due = answers.take(nowMs); due !== undefined; due = answers.take(nowMs)) {
      generator.finish(due.item.attempt, due.item.outcome);
    }
    for (const attempt of generator.take(nowMs).attempts) {
      const outcome = server(attempt, nowMs);
      answers.add(outcome.endedMs, { attempt, outcome });
      const isArrival = attempt.journey !== 'login' && attempt.visit.step === 0;
      seen.push({
        ...attempt,
        isArrival,
        startedMs: nowMs,
        endedMs: outcome.endedMs,
        status: outcome.status,
      });
    }
    nowMs = Math.max(nowMs, Math.min(generator.nextMs() ?? Infinity, answers.nextMs ?? Infinity));
  }
  return seen;
}

function newGenerator(options: { requestsPerSecond?: number; inFlightMax?: number } = {}): Generator {
  const { requestsPerSecond = 100, inFlightMax = 10_000 } = options;
  return new Generator({ seed: 11, requestsPerSecond, dayMs: undefined, startMs: START_MS, inFlightMax });
}

test('healthy: as many requests a second as asked for, in whole journeys', () => {
  const generator = newGenerator();
  const seen = simulate(generator, healthy, 120_000);
  assert.ok(Math.abs(seen.length / 120 - 100) < 6, `${seen.length / 120} requests/s`);
  const { started, finished, givenUp } = generator.journeys;
  assert.equal(givenUp, 0);
  assert.ok(finished > 0.85 * started, `${finished} of ${started} finished`);
  assert.deepEqual([...new Set(seen.map(({ step }) => step))].toSorted(), [
    'GET /shipments/:id',
    'GET /shipments/:id/tracking',
    'POST /quotes',
    'POST /shipments',
    'POST /token',
  ]);
  assert.ok(Math.abs(generator.rateAt(START_MS) - 100) < 1e-9);
});

test('every arrival logs in until somebody is in; a token is renewed before it ends', () => {
  const generator = newGenerator({ requestsPerSecond: 20 });
  const short: Server = (attempt, startedMs) => {
    const outcome = answerOf(attempt, startedMs + SERVICE_MS);
    return outcome.token === undefined ? outcome : { ...outcome, token: { text: 'a', lifeMs: 10_000 } };
  };
  const seen = simulate(generator, short, 100_000);
  const logins = seen.filter(({ journey }) => journey === 'login');
  // Every 8 s, that is 0.8 of 10 s.
  assert.ok(logins.length >= 11 && logins.length <= 14, `${logins.length} logins`);
  assert.ok(seen.every(({ step, token }) => (step === 'POST /token') === (token === undefined)));
});

test('a token the company no longer knows is asked for anew', () => {
  const generator = newGenerator({ requestsPerSecond: 20 });
  let text = 'old';
  const server: Server = (attempt, startedMs) => {
    if (startedMs > START_MS + 10_000) text = 'new';
    const outcome = answerOf(attempt, startedMs + SERVICE_MS);
    if (outcome.token !== undefined) return { ...outcome, token: { text, lifeMs: 600_000 } };
    return attempt.token === text ? outcome : { endedMs: outcome.endedMs, status: 401 };
  };
  const seen = simulate(generator, server, 20_000);
  const refused = seen.filter(({ status }) => status === 401);
  assert.ok(refused.length >= 1 && refused.length <= 3, `${refused.length} refused`);
  assert.equal(seen.at(-1)?.token, 'new');
});

test('who gets no quote books none; who compares still asks for the next one', () => {
  const generator = newGenerator();
  const server: Server = (attempt, startedMs) =>
    attempt.step === 'POST /quotes' ? { endedMs: startedMs + 1, status: 502 } : healthy(attempt, startedMs);
  const seen = simulate(generator, server, 60_000);
  const steps = new Set(seen.filter(({ journey }) => journey !== 'login').map(({ step }) => step));
  assert.deepEqual([...steps], ['POST /quotes']);
  // Three of the customers who compare, one of those who ship.
  const { started, givenUp } = generator.journeys;
  assert.ok(Math.abs(seen.length / started - 2) < 0.15, `${seen.length / started} requests a customer`);
  assert.ok(Math.abs(givenUp / started - 0.5) < 0.06);
});

test('a dead company changes neither the number of customers nor their times', () => {
  const arrivalsOf = (server: Server): number[] => {
    const seen = simulate(newGenerator(), server, 30_000);
    const first = new Map(seen.toReversed().map((request) => [request.visit, request.intendedMs]));
    return [...first.values()].toSorted((a, b) => a - b).map((at) => Math.round(at * 1000));
  };
  const dead: Server = (attempt, startedMs) =>
    attempt.step === 'POST /token' ? healthy(attempt, startedMs) : { endedMs: startedMs + 10_000, status: 0 };
  const alive = arrivalsOf(healthy);
  assert.ok(alive.length > 500);
  assert.deepEqual(arrivalsOf(dead), alive);
});

test('beyond the limit a request is refused, counted and its journey over', () => {
  const generator = newGenerator({ inFlightMax: 5 });
  const { attempts, refused } = generator.take(START_MS + 2000);
  assert.equal(attempts.length, 5);
  assert.equal(refused.length, generator.journeys.started - 5);
  assert.equal(generator.journeys.givenUp, refused.length);
  assert.equal(generator.inFlight, 5);
});

test('closed: nobody comes any more, who is there goes on to the end', () => {
  const generator = newGenerator();
  simulate(generator, healthy, 5000);
  const { started } = generator.journeys;
  generator.close();
  const rest = simulate(generator, healthy, 120_000);
  assert.ok(rest.length > 0);
  assert.equal(generator.journeys.started, started);
  assert.equal(generator.inFlight + generator.thinking, 0);
});

/** Answers at once, but for one second in every ten: then all at its end. */
function frozen(attempt: Attempt, startedMs: number): Outcome {
  const phaseMs = (startedMs - START_MS) % 10_000;
  const waitMs = phaseMs < 1000 ? 1000 - phaseMs : 0;
  return answerOf(attempt, startedMs + waitMs + SERVICE_MS);
}

/** A tenth of all requests waits uniformly up to a second: what share waits longer follows. */
function analytic(share: number): number {
  return 1000 * (1 - (1 - share) * 10) + SERVICE_MS;
}

function worstError(statistics: Statistics): number {
  const { latencyMs } = statistics.sinceStart();
  assert.ok(latencyMs !== null);
  const found = [
    [0.95, latencyMs.p95],
    [0.99, latencyMs.p99],
    [0.999, latencyMs.p999],
  ] as const;
  return Math.max(...found.map(([share, value]) => Math.abs(value / analytic(share) - 1)));
}

test('a server frozen 1 s in every 10: quantiles within 2 % of the analytic ones', () => {
  const statistics = new Statistics();
  const generator = newGenerator({ requestsPerSecond: 450 });
  // Nobody gets a quote, so that customers do little after the request that is measured.
  const server: Server = (attempt, startedMs) => {
    const outcome = frozen(attempt, startedMs);
    return attempt.step === 'POST /quotes' ? { endedMs: outcome.endedMs, status: 201 } : outcome;
  };
  for (const request of simulate(generator, server, 500_000)) if (request.isArrival) statistics.add(request);
  assert.ok(worstError(statistics) < 0.02, JSON.stringify(statistics.sinceStart().latencyMs));
});

test('negative control: a closed loop at the same rate misses most of the freeze', () => {
  const statistics = new Statistics();
  const random = new RandomStream(1);
  const template = newGenerator().take(START_MS + 1000).attempts[0];
  assert.ok(template !== undefined);
  // Ten users who each wait for their answer, then for the rest of their turn of 100 ms.
  for (let user = 0; user < 10; user += 1) {
    let nowMs = START_MS + 100 * random.next();
    while (nowMs < START_MS + 500_000) {
      const { endedMs } = frozen(template, nowMs);
      statistics.add({ ...template, intendedMs: nowMs, startedMs: nowMs, endedMs, status: 200 });
      nowMs = Math.max(endedMs, nowMs + 100);
    }
  }
  assert.ok(worstError(statistics) > 0.5, JSON.stringify(statistics.sinceStart().latencyMs));
});

test('a journey has as many requests as the rate is reckoned with', () => {
  assert.equal(REQUESTS_PER_JOURNEY, 4.5);
});
