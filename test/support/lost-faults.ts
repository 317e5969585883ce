/**
 * Faults that end although nobody asked: a daemon that stood still for 2 s ends all
 * it holds, and a renewal that comes too late finds its fault over. Both are right of
 * the product, and both happen to a test whose machine stands still for a moment.
 * What fails without such a record fails at once.
 */
import type { TestContext } from 'node:test';
import { errorText } from '#base/errors.ts';
import type { FaultView } from '#chaos/daemon/api.ts';
import type { ChaosWorld } from '#test/support/chaos.ts';
import { TRIES_MAX } from '#test/support/promptly.ts';
import { until } from '#test/support/wait.ts';

/** What is felt here first may still be on its way into the records. */
const RECORDED = { timeoutMs: 1000, everyMs: 20 };
/** Between two tries, on a machine with other things to do. */
const CALM = { timeoutMs: 10_000, everyMs: 20 };

/** True of a fault whose end was the machine's doing. */
export type IsLost = (over: FaultView) => boolean;

/** Of a fault that has a time of its own. */
export const stalled: IsLost = ({ endedBy }) => endedBy === 'daemon stalled';

/** Of a fault that was to be on until `untilMs()`, by its lease: no renewal came in time. */
export function lapsed(untilMs: () => number = () => Infinity): IsLost {
  return (over) => stalled(over) || (over.endedBy === 'lease over' && (over.endedMs ?? Infinity) < untilMs());
}

/** The first of at most three tries in which no fault was lost. */
export async function unlessLost<T>(
  t: TestContext,
  world: ChaosWorld,
  attempt: () => Promise<T>,
  isLost: IsLost = stalled,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await watched(world, attempt, isLost);
    if (outcome.kind === 'done') return outcome.value;
    if (tries === TRIES_MAX) throw outcome.error;
    t.diagnostic(`tried again, a fault was lost: ${errorText(outcome.error)}`);
  }
}

/** For `promptly`: Infinity when `attempt` fails because a fault was lost. */
export async function infiniteIfLost(
  world: ChaosWorld,
  attempt: () => Promise<number>,
  isLost: IsLost = stalled,
): Promise<number> {
  const outcome = await watched(world, attempt, isLost);
  return outcome.kind === 'done' ? outcome.value : Infinity;
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'lost'; readonly error: unknown };

async function watched<T>(world: ChaosWorld, attempt: () => Promise<T>, isLost: IsLost): Promise<Outcome<T>> {
  const before = new Set((await world.client.list()).ended.map(({ id }) => id));
  const someLost = async (): Promise<boolean> =>
    (await world.client.list()).ended.some((over) => !before.has(over.id) && isLost(over));
  try {
    return { kind: 'done', value: await attempt() };
  } catch (error) {
    const lost = await until('a fault to be lost', someLost, RECORDED).catch(() => false);
    if (!lost) throw error;
    // One that was asked for before may begin after the others have ended.
    await until('nothing to be on', async () => (await world.client.stopAll()) === 0, CALM);
    await world.healthy(CALM.timeoutMs);
    return { kind: 'lost', error };
  }
}
