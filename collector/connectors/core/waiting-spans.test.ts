import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { WaitingSpans, type Side, type WaitingSpan } from '#collector/connectors/core/waiting-spans.ts';

const MAX = 50;
const KEYS = 40;
const TTL_MS = 100;

interface Model {
  readonly key: number;
  readonly side: Side;
  readonly atMs: number;
  readonly seconds: number;
}

function keyOf(number: number) {
  const view = new DataView(new ArrayBuffer(25));
  // Off any alignment, as in a body.
  view.setUint32(1, number % 3, true);
  view.setUint32(17, number, true);
  return { view, traceOffset: 1, spanOffset: 17 };
}

function spanOf(side: Side, seconds: number): WaitingSpan {
  return {
    side,
    isMessaging: false,
    failed: false,
    seconds,
    service: `s${seconds}`,
    peer: '',
    dimensions: [],
  };
}

test('it holds what a plain list would hold, through any history', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = seededRandom(seed);
    let waiting = new WaitingSpans(MAX);
    let model: Model[] = [];
    let nowMs = 0;
    for (let step = 0; step < 600; step += 1) {
      const key = random.below(KEYS);
      const side: Side = random.below(2) === 0 ? 'client' : 'server';
      nowMs += random.below(5);
      switch (random.below(4)) {
        case 0:
        case 1: {
          const added = waiting.add(keyOf(key), nowMs, spanOf(side, step));
          assert.equal(added, model.length < MAX, `seed ${seed}`);
          if (added) model.push({ key, side, atMs: nowMs, seconds: step });
          break;
        }
        case 2: {
          const slot = waiting.find(keyOf(key), side);
          const candidates = model.filter((one) => one.key === key && one.side === side);
          assert.equal(slot >= 0, candidates.length > 0, `seed ${seed}`);
          if (slot < 0) break;
          const { seconds } = waiting.at(slot);
          assert.ok(candidates.some((one) => one.seconds === seconds));
          waiting.remove(slot);
          model = model.filter((one) => one.seconds !== seconds);
          break;
        }
        default: {
          const gone: number[] = [];
          waiting.expire(nowMs, TTL_MS, ({ seconds }) => gone.push(seconds));
          const over = model.filter(({ atMs }) => nowMs - atMs > TTL_MS).map(({ seconds }) => seconds);
          assert.deepEqual(gone, over, `seed ${seed}`);
          model = model.filter(({ seconds }) => !over.includes(seconds));
        }
      }
      assert.equal(waiting.count, model.length, `seed ${seed}`);
      if (step % 100 !== 99) continue;
      const saved = waiting.save();
      assert.deepEqual(
        saved.map(([, , , { seconds }]) => seconds),
        model.map(({ seconds }) => seconds),
        `seed ${seed}`,
      );
      waiting = new WaitingSpans(MAX);
      waiting.restore(saved);
    }
  }
});
