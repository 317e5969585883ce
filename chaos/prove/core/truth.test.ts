import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import type { RecordedSlo } from '#chaos/prove/core/recorded-run.ts';
import {
  bySecond,
  firstHurtMs,
  firstOnset,
  isBad,
  truthOf,
  type TruthEvent,
} from '#chaos/prove/core/truth.ts';
import { packUsers, parseUserLog, unpackUsers } from '#chaos/prove/core/users.ts';
import { GATEWAY_SLOS, PAGE_POLICIES, RUN_START_MS, steadyUsers } from '#test/support/recorded-run.ts';

const ALL_MS = [RUN_START_MS, Number.POSITIVE_INFINITY] as const;
const AVAILABILITY = GATEWAY_SLOS.slice(0, 1);

function outageAfter(healthySeconds: number, share = 1, seconds = 120): ReturnType<typeof steadyUsers> {
  return steadyUsers(healthySeconds + seconds, (atMs, index) => {
    const isOut = atMs >= RUN_START_MS + 1000 * healthySeconds && (index * 37) % 100 < 100 * share;
    return { status: isOut ? 502 : 201, latencyMs: 10 };
  });
}

test('a total outage holds after as long as the arithmetic says, on long and on short history', () => {
  // 14.4 x 0.001 x 60 s of errors.
  const expectedMs = 864;
  for (const healthySeconds of [120, 12]) {
    const onset = firstOnset(truthOf(AVAILABILITY, outageAfter(healthySeconds)), ...ALL_MS);
    const afterMs = (onset?.atMs ?? 0) - RUN_START_MS - 1000 * healthySeconds;
    assert.ok(Math.abs(afterMs - expectedMs) < 100, `${afterMs} ms after ${healthySeconds} s`);
  }
});

test('half of the errors take twice as long; what stays under the factor never holds', () => {
  const half = firstOnset(truthOf(AVAILABILITY, outageAfter(120, 0.5)), ...ALL_MS);
  const afterMs = (half?.atMs ?? 0) - RUN_START_MS - 120_000;
  assert.ok(Math.abs(afterMs - 1728) < 150, `${afterMs} ms`);
  // One in a hundred is more than 6 times the budget and less than 14.4 times: only the slow pair sees it.
  const few = firstOnset(truthOf(AVAILABILITY, outageAfter(120, 0.01, 300)), ...ALL_MS);
  assert.equal(few?.policy.longWindowMs, 360_000);
  const one = { ...AVAILABILITY[0], policies: PAGE_POLICIES.slice(0, 1) } as RecordedSlo;
  assert.equal(firstOnset(truthOf([one], outageAfter(120, 0.01, 300)), ...ALL_MS), undefined);
});

test('fewer bad events than the gate hold nothing', () => {
  const gated = { ...AVAILABILITY[0], badEventsMin: 100 } as RecordedSlo;
  const onset = firstOnset(truthOf([gated], outageAfter(12)), ...ALL_MS);
  const afterMs = (onset?.atMs ?? 0) - RUN_START_MS - 12_000;
  assert.ok(afterMs > 4900 && afterMs < 5100, `${afterMs} ms for 100 bad events at 20/s`);
});

test('slow is bad for latency alone; no answer and 500 are bad for both; 4xx for none', () => {
  const request = { intendedMs: 0, startedMs: 900, endedMs: 1100, step: 'x', status: 201, error: null };
  assert.deepEqual([isBad(request, null), isBad(request, 1000), isBad(request, 1200)], [false, true, false]);
  for (const status of [0, 500, 503]) assert.ok(isBad({ ...request, status, endedMs: 10 }, null));
  assert.equal(isBad({ ...request, status: 429 }, null), false);
});

test('an SLO counts the requests it is about', () => {
  const users = outageAfter(12);
  const other = { ...AVAILABILITY[0], steps: ['POST /shipments'] } as RecordedSlo;
  const blind = { ...AVAILABILITY[0], steps: [] } as RecordedSlo;
  assert.equal(truthOf([other], users)[0]?.events.length, 0);
  assert.deepEqual(truthOf([blind], users), []);
  assert.equal(firstHurtMs(truthOf(AVAILABILITY, users), ...ALL_MS), RUN_START_MS + 12_010);
});

/** Every window is summed up anew at every event. */
function naiveOnsets(slo: RecordedSlo, events: readonly TruthEvent[]): readonly number[] {
  const first = events[0]?.endedMs ?? 0;
  const burn = (nowMs: number, windowMs: number): { bad: number; burn: number } => {
    const inside = events.filter(({ endedMs }) => endedMs <= nowMs && endedMs > nowMs - windowMs);
    const bad = inside.filter((event) => event.bad).length;
    const measuredMs = Math.max(1, Math.min(windowMs, nowMs - first));
    return { bad, burn: bad / inside.length / (1 - slo.objective) / (windowMs / measuredMs) };
  };
  return slo.policies
    .filter(({ severity }) => severity === 'page')
    .flatMap(({ longWindowMs, shortWindowMs, factor }) => {
      const holds = events.map(({ endedMs }) => {
        const long = burn(endedMs, longWindowMs);
        return (
          long.bad >= slo.badEventsMin && long.burn > factor && burn(endedMs, shortWindowMs).burn > factor
        );
      });
      return events
        .filter((_, index) => holds[index] === true && holds[index - 1] !== true)
        .map((event) => event.endedMs);
    })
    .toSorted((a, b) => a - b);
}

test('property: the sliding windows agree with windows summed up anew', () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const random = seededRandom(seed);
    let endedMs = RUN_START_MS;
    const requests = Array.from({ length: 300 }, (_, index) => {
      endedMs += -Math.log(1 - random.float()) * 200;
      const isOut = Math.floor(index / 60) % 2 === 1;
      const status = random.float() < (isOut ? 0.6 : 0.002) ? 500 : 200;
      return { intendedMs: endedMs - 5, startedMs: endedMs - 5, endedMs, step: 'x', status, error: null };
    });
    const slo = { ...AVAILABILITY[0], badEventsMin: 1 + random.below(6) } as RecordedSlo;
    const [truth] = truthOf([slo], requests);
    assert.ok(truth !== undefined);
    assert.ok(truth.onsets.length > 0, `seed ${seed} holds never`);
    assert.deepEqual(
      truth.onsets.map(({ atMs }) => atMs),
      naiveOnsets(slo, truth.events),
      `seed ${seed}`,
    );
  }
});

test('seconds without a request are there too', () => {
  const users = steadyUsers(3, () => ({ status: 500, latencyMs: 0 })).filter(
    ({ endedMs }) => Math.floor((endedMs - RUN_START_MS) / 1000) !== 1,
  );
  const [truth] = truthOf(AVAILABILITY, users);
  assert.ok(truth !== undefined);
  const seconds = bySecond(truth, RUN_START_MS, RUN_START_MS + 3000);
  assert.deepEqual(
    seconds.map(({ total, bad }) => [total, bad]),
    [
      [20, 20],
      [0, 0],
      [20, 20],
    ],
  );
});

test('the log is read line by line; what is no line is counted, order is by end', () => {
  const line = {
    intendedMs: 1.5,
    startedMs: 2,
    endedMs: 30,
    journey: 'ship',
    step: 'POST /quotes',
    status: 201,
    error: null,
  };
  const early = { ...line, endedMs: 20, status: 0, error: 'ECONNRESET' };
  const text = `${JSON.stringify(line)}\n${JSON.stringify(early)}\n{"intendedMs":1}\nnull\n{"half`;
  const { requests, badLines } = parseUserLog(text);
  assert.equal(badLines, 3);
  assert.deepEqual(
    requests.map(({ endedMs, error }) => [endedMs, error]),
    [
      [20, 'ECONNRESET'],
      [30, null],
    ],
  );
  assert.deepEqual(unpackUsers(packUsers(requests)), requests);
});
