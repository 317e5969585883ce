/**
 * Kill -9 of the broker and of our processes under load. Two processes each write
 * and each consume all that both write. What was confirmed is an obligation: there
 * exactly once, at either consumer. What was not may be there, once at most.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';
import { seededRandom } from '#base/sim/random.ts';
import { NO_ITEMS, RECORD_KINDS, subtractTotals, sumTotals, type Totals } from '#signals/records.ts';
import type { Engine } from '#test/engines/engine.ts';
import type { ChildPlan, Kept, Sent } from '#test/engines/kafka-kill-child.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import { kafkaConfig } from '#test/engines/kafka-journal.ts';
import { until } from '#test/support/wait.ts';

export interface KafkaKillPlan {
  readonly kafka: Engine;
  readonly brokerKills: number;
  readonly ourKills: number;
  readonly seed: number;
  readonly breaks?: ChildPlan['breaks'];
}

export interface KafkaKillReport {
  readonly sent: number;
  readonly acked: number;
  /** Confirmed records that a consumer has not. */
  readonly lost: number;
  /** Records that a consumer has more than once. */
  readonly doubled: number;
  /** The longest a writer went without a confirmation. */
  readonly pauseMsMax: number;
  /** Anything else that should not be. */
  readonly violations: readonly string[];
}

const CHILD = join(import.meta.dirname, 'kafka-kill-child.ts');
const NAMES = ['a', 'b'] as const;
const LOAD_MS_MIN = 300;
const LOAD_MS_MAX = 1500;
const DOWN_MS_MAX = 800;
const CAUGHT_UP_MS_MAX = 60_000;
/** Until a consumer that has just started keeps what it reads. */
const KEPT_MS_MAX = 60_000;

export async function kafkaKillHistory(plan: KafkaKillPlan): Promise<KafkaKillReport> {
  const random = seededRandom(plan.seed);
  // The control must not outlast the broker: what waits is refused while it is away.
  const patience = plan.breaks === 'ack' ? { timeoutMs: 1000 } : {};
  await using load = await KillLoad.start({ ...kafkaConfig(plan.kafka), ...patience }, plan.breaks);
  for (const victim of victimsOf(plan)) {
    await sleep(LOAD_MS_MIN + random.below(LOAD_MS_MAX - LOAD_MS_MIN));
    if (victim === 'broker') {
      await plan.kafka.kill();
      await sleep(random.below(DOWN_MS_MAX));
      await plan.kafka.start();
    } else {
      const index = random.below(NAMES.length);
      // Whoever has kept nothing yet has nothing to read twice.
      if (plan.breaks === 'cursor') await load.hasKept(index);
      await load.killOne(index);
    }
  }
  await sleep(LOAD_MS_MAX);
  // Awaited here: the load would be gone before it is judged.
  const report = await load.finish();
  return report;
}

/** The two processes, their files, and the verdict on them. */
export class KillLoad implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'plimsoll-kafka-kills-'));
  readonly #children = new Map<string, Child>();
  readonly #plan: Pick<ChildPlan, 'config' | 'breaks'>;

  private constructor(plan: Pick<ChildPlan, 'config' | 'breaks'>) {
    this.#plan = plan;
  }

  static async start(config: KafkaJournalConfig, breaks?: ChildPlan['breaks']): Promise<KillLoad> {
    const load = new KillLoad({ config, breaks });
    try {
      for (const name of NAMES) await load.#start(name);
    } catch (error) {
      await load[Symbol.asyncDispose]();
      throw error;
    }
    return load;
  }

  /** Until one of the two holds a record, since its last start or from before. */
  async hasKept(index: number): Promise<void> {
    const name = present(NAMES[index], 'there are two');
    const holds = (): boolean => keptOf(this.#folder, name).some(({ ids }) => ids.length > 0);
    await until(`${name} to keep a record`, holds, { timeoutMs: KEPT_MS_MAX });
  }

  /** Kills one of the two with -9 and starts it again. */
  async killOne(index: number): Promise<void> {
    const name = present(NAMES[index], 'there are two');
    await killChild(present(this.#children.get(name), 'it was started'));
    await this.#start(name);
  }

  /** Confirmed so far, of each writer. */
  acked(): readonly number[] {
    return NAMES.map((name) => sentOf(this.#folder, name).filter(([what]) => what === 'acked').length);
  }

  /** Ends the load and waits until both consumers have everything. */
  async finish(): Promise<KafkaKillReport> {
    const children = [...this.#children.values()];
    const accepted = await quieten(children);
    await until(
      'both consumers to have read everything',
      () => NAMES.every((name) => hasAll(this.#folder, name, accepted)),
      {
        timeoutMs: CAUGHT_UP_MS_MAX,
        detail: () =>
          JSON.stringify([
            accepted,
            ...NAMES.map((name) => keptOf(this.#folder, name).at(-1)?.cursor.accepted),
          ]),
      },
    );
    await Promise.all(children.map(endChild));
    return judge(this.#folder, accepted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#children.values()) child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(name: string): Promise<void> {
    const directory = join(this.#folder, name);
    mkdirSync(directory, { recursive: true });
    this.#children.set(name, await startChild({ name, directory, ...this.#plan }));
  }
}

function victimsOf({ brokerKills, ourKills }: KafkaKillPlan): ('broker' | 'ours')[] {
  const rounds = Array.from({ length: Math.max(brokerKills, ourKills) }, (_, round) => round);
  return rounds.flatMap((round) => [
    ...(round < brokerKills ? (['broker'] as const) : []),
    ...(round < ourKills ? (['ours'] as const) : []),
  ]);
}

interface Child {
  readonly child: ChildProcess;
  /** What it has written to stderr. */
  readonly errors: () => string;
}

async function startChild(plan: ChildPlan): Promise<Child> {
  const child = fork(CHILD, [JSON.stringify(plan)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const started = { child, errors: () => errors };
  await messageOf(started);
  return started;
}

/** @throws Error with what the child wrote when it ends without one */
async function messageOf({ child, errors }: Child): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error(`the child ended before it answered:\n${errors()}`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [unknown];
    return message;
  } finally {
    over.abort();
  }
}

async function killChild({ child }: Child): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Ends the load; the sum of what the writers hold for accepted. */
async function quieten(children: readonly Child[]): Promise<Totals> {
  const answers = children.map((one) => {
    const answer = messageOf(one) as Promise<Totals>;
    one.child.send('quiet');
    return answer;
  });
  return (await Promise.all(answers)).reduce<Totals>(sumTotals, NO_ITEMS);
}

async function endChild({ child }: Child): Promise<void> {
  const exited = once(child, 'exit');
  child.send('end');
  await exited;
}

function keptOf(folder: string, name: string): readonly Kept[] {
  return linesOf(join(folder, name, 'kept.ndjson')).map((line) => JSON.parse(line) as Kept);
}

function linesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}

function sentOf(folder: string, name: string): readonly Sent[] {
  return linesOf(join(folder, name, 'sent.ndjson')).map((line) => JSON.parse(line) as Sent);
}

function hasAll(folder: string, name: string, accepted: Totals): boolean {
  const cursor = keptOf(folder, name).at(-1)?.cursor;
  return cursor !== undefined && RECORD_KINDS.every((kind) => cursor.accepted[kind] >= accepted[kind]);
}

function judge(folder: string, accepted: Totals): KafkaKillReport {
  const sent = new Set<string>();
  const acked = new Set<string>();
  let pauseMsMax = 0;
  for (const name of NAMES) {
    let lastMs: number | undefined;
    for (const [what, id, atMs] of sentOf(folder, name)) {
      (what === 'sent' ? sent : acked).add(id);
      if (what === 'sent') continue;
      pauseMsMax = Math.max(pauseMsMax, atMs - (lastMs ?? atMs));
      lastMs = atMs;
    }
  }
  const violations: string[] = [];
  let lost = 0;
  let doubled = 0;
  for (const name of NAMES) {
    const kept = keptOf(folder, name);
    const counts = new Map<string, number>();
    for (const id of kept.flatMap(({ ids }) => ids)) counts.set(id, (counts.get(id) ?? 0) + 1);
    lost += [...acked].filter((id) => !counts.has(id)).length;
    doubled += [...counts.values()].filter((count) => count > 1).length;
    for (const id of counts.keys())
      if (!sent.has(id)) violations.push(`${name} has ${id}, which was never sent`);
    const { cursor } = present(kept.at(-1), 'it has read something');
    const dropped = Object.values(cursor.dropped).reduce<Totals>(sumTotals, NO_ITEMS);
    const books = [cursor.dropped, subtractTotals(cursor.accepted, accepted)];
    const residual = subtractTotals(cursor.accepted, sumTotals(cursor.delivered, dropped));
    if (
      RECORD_KINDS.some(
        (kind) => dropped[kind] + residual[kind] !== 0 || cursor.accepted[kind] !== accepted[kind],
      )
    )
      violations.push(`the books of ${name} do not balance: ${JSON.stringify([...books, residual])}`);
  }
  return { sent: sent.size, acked: acked.size, lost, doubled, pauseMsMax, violations };
}
