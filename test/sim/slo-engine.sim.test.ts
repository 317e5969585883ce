/**
 * The SLO engine through whole histories: killed at any step it must tell the
 * same story as one that was never killed; at low traffic it must not page.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import type { Random } from '#base/random.ts';
import type { FiringAlert, SloEngine, Transition } from '#alerting/slo/ports.ts';
import { createSloEngine } from '#alerting/slo/core/engine.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { firingAfter, heartbeat, sloOf, spansRecord, START_MS, type Event } from '#test/support/slo-world.ts';

const seed = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const scale = Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1);
const PER_SECOND = 5;

/** What was received in each second, by the second. */
type History = readonly (readonly JournalRecord[])[];

/** Phases of quiet, of noise and of outages, some with telemetry lost; long enough to be told apart. */
function makeHistory(random: Random, phases: number, silences = true): History {
  const history: JournalRecord[][] = [];
  const ratios = [0, 0, 0.0005, 1, 0.5, 0.1];
  for (let phase = 0; phase < phases; phase += 1) {
    const seconds = 90 + random.below(600);
    const ratio = ratios[random.below(ratios.length)] ?? 0;
    const silent = silences && phase > 1 && random.below(6) === 0;
    for (let second = 0; second < seconds; second += 1) {
      const nowMs = START_MS + history.length * 1000;
      const events = Array.from({ length: PER_SECOND }, (_, index): Event => {
        const lateMs = random.below(4) === 0 ? random.below(5000) : 0;
        return { endMs: nowMs - 200 + index - lateMs, bad: random.float() < ratio };
      });
      const records = silent ? [] : [spansRecord('quotes', events, nowMs)];
      if (!silent && history.length % 10 === 0) records.push(heartbeat('otlp-metrics', 'quotes', nowMs));
      history.push(records);
    }
  }
  return history;
}

interface Options {
  readonly document: SloDocument;
  /** By second. */
  readonly kills?: ReadonlyMap<number, Kill>;
  /** Broken on purpose, for a negative control. */
  readonly broken?: 'forgets-firing';
}
interface Kill {
  readonly moment: Moment;
  /** How long the engine is away. */
  readonly awaySeconds: number;
}
type Moment = 'before-consume' | 'before-tick' | 'before-commit' | 'after-commit';
const MOMENTS: readonly Moment[] = ['before-consume', 'before-tick', 'before-commit', 'after-commit'];
/** Records consumed between two ticks while catching up, in seconds of history. */
const CHUNK_SECONDS = 40;

/** What the alert store and the journal cursor hold: all that survives a kill. */
class Run {
  readonly committed: Transition[] = [];
  #snapshots = new Map<string, Uint8Array>();
  #cursor = 0;
  #engine: SloEngine;
  readonly #history: History;
  readonly #options: Options;

  constructor(history: History, options: Options) {
    this.#history = history;
    this.#options = options;
    this.#engine = createSloEngine();
    this.#engine.configure([options.document], START_MS);
  }

  play(): readonly Transition[] {
    for (let second = 0; second < this.#history.length; second += 1) {
      const kill = this.#options.kills?.get(second);
      this.#step(second, kill?.moment);
      if (kill === undefined) continue;
      second = Math.min(second + kill.awaySeconds, this.#history.length - 1);
      this.#restart(second);
    }
    return this.committed;
  }

  #step(second: number, killedAt: Moment | undefined): void {
    const nowMs = START_MS + second * 1000;
    if (killedAt === 'before-consume') return;
    const behind = second + 1 - this.#cursor;
    const cursor = Math.min(second + 1, this.#cursor + CHUNK_SECONDS);
    for (const record of this.#history.slice(this.#cursor, cursor).flat()) this.#engine.consume(record);
    if (killedAt === 'before-tick') return;
    const lagMs = behind > CHUNK_SECONDS ? (second + 1 - cursor) * 1000 : 0;
    const transitions = this.#engine.tick(nowMs, lagMs);
    if (killedAt === 'before-commit') return;
    this.#cursor = cursor;
    this.committed.push(...transitions);
    // A snapshot nobody will read need not be taken: the engine keeps adding to the next.
    const { kills } = this.#options;
    if (kills?.has(second) !== true && kills?.has(second + 1) !== true) return;
    for (const [key, snapshot] of this.#engine.save()) this.#snapshots.set(key, snapshot);
  }

  #restart(second: number): void {
    const firing: FiringAlert[] =
      this.#options.broken === 'forgets-firing' ? [] : firingAfter(this.committed);
    this.#engine = createSloEngine();
    const nowMs = START_MS + second * 1000;
    this.#engine.configure([this.#options.document], nowMs);
    this.#engine.restore(this.#snapshots, firing, nowMs);
  }
}

function story(transitions: readonly Transition[]): string[] {
  return transitions.filter(({ kind }) => kind !== 'blind').map(({ kind, to }) => `${to} ${kind}`);
}

function told(transitions: readonly Transition[]): string {
  return transitions.map(({ kind, to, atMs }) => `${to} ${kind} at ${(atMs - START_MS) / 1000} s`).join('\n');
}

/** An alert never fires twice nor resolves without having fired. */
function assertAlternates(transitions: readonly Transition[], note: string): void {
  const firing = new Set<string>();
  for (const { kind, to } of transitions) {
    assert.equal(
      firing.has(kind),
      to === 'resolved',
      `${note}: ${to} ${kind} out of turn\n${told(transitions)}`,
    );
    if (to === 'firing') firing.add(kind);
    else firing.delete(kind);
  }
}

/** Longer than this the two may not be of different minds: down time, replay and one slot of a ring. */
const DISAGREEMENT_S_MAX = 45;

/** Whether an alert fires, by second. */
function firingBySecond(transitions: readonly Transition[], kind: string, seconds: number): Uint8Array {
  const firing = new Uint8Array(seconds);
  for (const one of transitions.filter((candidate) => candidate.kind === kind)) {
    firing.fill(one.to === 'firing' ? 1 : 0, Math.max(0, Math.ceil((one.atMs - START_MS) / 1000)));
  }
  return firing;
}

/**
 * The same alerts fire at the same times, give or take: nothing is missed,
 * fired or resolved for longer than a restart excuses. A flap shorter than that
 * may be there in one and not in the other.
 */
function assertSameStory(
  reference: readonly Transition[],
  run: readonly Transition[],
  { seconds, note }: { readonly seconds: number; readonly note: string },
): void {
  assertAlternates(run, note);
  for (const kind of ['page', 'ticket']) {
    const expected = firingBySecond(reference, kind, seconds);
    const found = firingBySecond(run, kind, seconds);
    let disagreeS = 0;
    for (let second = 0; second < seconds; second += 1) {
      disagreeS = expected[second] === found[second] ? 0 : disagreeS + 1;
      if (disagreeS <= DISAGREEMENT_S_MAX) continue;
      const stories = `never killed:\n${told(reference)}\nkilled:\n${told(run)}`;
      assert.fail(`${note}: of two minds about the ${kind} until ${second} s\n${stories}`);
    }
  }
}

test('killed at random moments it tells the same story', () => {
  for (let round = 0; round < 12 * scale; round += 1) {
    const random = seededRandom(seed + round);
    const document = sloOf({ objective: random.below(2) === 0 ? 0.999 : 0.99 });
    const history = makeHistory(random, 8);
    const reference = new Run(history, { document }).play();
    assertAlternates(reference, `seed ${seed}, round ${round}, never killed`);
    const kills = new Map<number, Kill>();
    for (let second = random.below(90); second < history.length; second += 1 + random.below(180)) {
      kills.set(second, { moment: MOMENTS[random.below(4)] ?? 'before-tick', awaySeconds: random.below(20) });
    }
    const run = new Run(history, { document, kills }).play();
    assertSameStory(reference, run, { seconds: history.length, note: `seed ${seed}, round ${round}` });
  }
});

/** Four minutes of peace, 70 s of outage, and twelve minutes of peace again. */
function oneOutage(): History {
  return Array.from({ length: 1030 }, (_, second) => {
    const nowMs = START_MS + second * 1000;
    const bad = second >= 240 && second < 310;
    const events = Array.from({ length: PER_SECOND }, (__, index) => ({ endMs: nowMs - 100 + index, bad }));
    return [spansRecord('quotes', events, nowMs)];
  });
}

test('killed once at every step of an outage it tells the same story', () => {
  const history = oneOutage();
  const document = sloOf();
  const reference = new Run(history, { document }).play();
  assert.deepEqual(story(reference), ['firing page', 'resolved page']);
  const stride = Math.max(1, Math.round(5 / scale));
  for (let at = 230; at < 620; at += stride) {
    const moment = MOMENTS[((at / stride) % 4) | 0] ?? 'before-tick';
    const kills = new Map([[at, { moment, awaySeconds: at % 3 }]]);
    const run = new Run(history, { document, kills }).play();
    assertSameStory(reference, run, { seconds: history.length, note: `killed ${moment} at ${at} s` });
  }
});

test('negative control: an engine that forgets what was firing is caught', () => {
  const history = oneOutage();
  const document = sloOf();
  const kills = new Map([[305, { moment: 'after-commit' as const, awaySeconds: 2 }]]);
  const run = new Run(history, { document, kills, broken: 'forgets-firing' }).play();
  assert.throws(() => assertAlternates(run, 'control'), /firing page out of turn/);
});

/**
 * An outage is firing when the engine goes away. While it is away all is well
 * for a while and then bad again: halfway through the replay the short window
 * looks healthy.
 */
function recoveryWhileAway(): History {
  return Array.from({ length: 2800 }, (_, second) => {
    const nowMs = START_MS + second * 1000;
    const bad = (second >= 2040 && second < 2130) || second >= 2460;
    const events = Array.from({ length: PER_SECOND }, (__, index) => ({ endMs: nowMs - 100 + index, bad }));
    return [spansRecord('quotes', events, nowMs)];
  });
}

test('a long replay resolves nothing on the way', () => {
  const document = sloOf();
  const kills = new Map([[2130, { moment: 'after-commit' as const, awaySeconds: 450 }]]);
  const kept = story(new Run(recoveryWhileAway(), { document, kills }).play());
  assert.deepEqual(
    kept.filter((line) => line.endsWith('page')),
    ['firing page'],
  );
});

/** The journal's reader hangs for two minutes in the middle of steady traffic. */
function hangingReader(tellsLag: boolean): string[] {
  const engine = createSloEngine();
  engine.configure([sloOf()], START_MS);
  const found: string[] = [];
  let waiting: JournalRecord[] = [];
  for (let second = 0; second < 600; second += 1) {
    const nowMs = START_MS + second * 1000;
    waiting.push(spansRecord('quotes', [{ endMs: nowMs - 10, bad: false }], nowMs));
    const hangs = second >= 300 && second < 420;
    const lagMs = hangs ? (second - 300) * 1000 : 0;
    if (!hangs) {
      for (const record of waiting) engine.consume(record);
      waiting = [];
    }
    const transitions = engine.tick(nowMs, tellsLag ? lagMs : 0);
    found.push(...transitions.map(({ kind, to }) => `${to} ${kind}`));
  }
  return found;
}

test('a reader that hangs is no silence of the service; without the catching-up rule it would be', () => {
  assert.deepEqual(hangingReader(true), []);
  assert.deepEqual(hangingReader(false), ['firing blind', 'resolved blind'], 'negative control');
});

test('in bulk or as it came: the same counts, burns and alerts', () => {
  const random = seededRandom(seed);
  const history = makeHistory(random, 5, false);
  const document = sloOf();
  const live = createSloEngine();
  const bulk = createSloEngine();
  for (const engine of [live, bulk]) engine.configure([document], START_MS);
  for (const [second, records] of history.entries()) {
    for (const record of records) live.consume(record);
    live.tick(START_MS + second * 1000, 0);
  }
  for (const record of history.flat()) bulk.consume(record);
  const nowMs = START_MS + (history.length - 1) * 1000;
  bulk.tick(nowMs, 0);
  const judged = (engine: SloEngine) => {
    const { windows, budget } = engine.status(nowMs)[0] ?? {};
    return { windows, budget };
  };
  assert.deepEqual(judged(bulk), judged(live), `seed ${seed}`);
});

/** Poisson traffic at half its budget for thirty days; returns the pages. */
function lowTraffic(random: Random, perHour: number, objective: number, badEventsMin: number): number {
  const engine = createSloEngine();
  engine.configure([sloOf({ objective, badEventsMin })], START_MS);
  let pages = 0;
  let nowMs = START_MS;
  let chunk: Event[] = [];
  let chunkStartMs = nowMs;
  const endMs = START_MS + 30 * 86_400_000;
  while (nowMs < endMs) {
    nowMs += Math.round((-Math.log(1 - random.float()) * 3_600_000) / perHour);
    const bad = random.float() < (1 - objective) / 2;
    // An alert can only begin with a failure: what lies between may come in lumps.
    if (chunk.length > 0 && nowMs - chunkStartMs > 300_000) flush(chunk.at(-1)?.endMs ?? nowMs);
    if (chunk.length === 0) chunkStartMs = nowMs;
    chunk.push({ endMs: nowMs, bad });
    if (bad) flush(nowMs);
  }
  function flush(atMs: number): void {
    engine.consume(spansRecord('quotes', chunk, atMs));
    chunk = [];
    pages += engine.tick(atMs, 0).filter(({ kind, to }) => kind === 'page' && to === 'firing').length;
  }
  return pages;
}

test('a service within its budget at low traffic never pages; without the gate it would', () => {
  const runs = Math.max(1, Math.round(3 * scale));
  for (const [perHour, objective] of [
    [10, 0.999],
    [60, 0.999],
    [300, 0.999],
    [10, 0.99],
  ] as const) {
    for (let run = 0; run < runs; run += 1) {
      const pages = lowTraffic(seededRandom(seed + run), perHour, objective, 5);
      assert.equal(pages, 0, `seed ${seed + run}: ${perHour} requests/h at ${objective}`);
    }
  }
  const ungated = lowTraffic(seededRandom(seed), 60, 0.999, 1);
  assert.ok(ungated > 3, `negative control: ${ungated} false pages without the gate`);
});
