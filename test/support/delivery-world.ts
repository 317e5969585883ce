/**
 * One history of alert delivery: the real driver, store and sender over a
 * scripted engine, a simulated clock, receivers that misbehave and a process
 * that is killed again and again. Deterministic for a seed.
 */
import { acknowledge } from '#alerting/api/incidents.ts';
import { expireSilence, listSilences, putSilence } from '#alerting/api/silences.ts';
import { ROUTE_DEFAULT } from '#alerting/config.ts';
import type { ReceiverConfig } from '#alerting/receivers-config.ts';
import { Driver } from '#alerting/driver/driver.ts';
import { alertingMetrics } from '#alerting/driver/metrics.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import { steadyClock } from '#alerting/driver/steady-clock.ts';
import { integrationsByReceiver } from '#alerting/notify/integration.ts';
import { compileRoute } from '#alerting/router/core/route.ts';
import { Silencer } from '#alerting/router/core/silence.ts';
import { IN_MEMORY, openDatabase } from '#alerting/state/database.ts';
import { createStore, type Store } from '#alerting/state/store.ts';
import type { Clock } from '#base/clock.ts';
import { present } from '#base/invariant.ts';
import { silentLogger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import type { Net, NetRequest, NetResponse } from '#base/net.ts';
import type { Random } from '#base/random.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { seededRandom } from '#base/sim/random.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import { Killed, KillableDatabase, type Life } from '#test/support/killable-database.ts';
import {
  alertKey,
  scriptedDocument,
  ScriptedEngine,
  ScriptedJournal,
  type ScriptedKind,
} from '#test/support/scripted-engine.ts';
import { WebhookReceiver } from '#test/support/webhook-receiver.ts';

export type Answer =
  | 'ok'
  | 'slow'
  | 'error-500'
  | 'busy-seconds'
  | 'busy-date'
  | 'accepted-then-timeout'
  | 'refused-connection';

const BAD_ANSWERS: readonly Answer[] = [
  'slow',
  'error-500',
  'busy-seconds',
  'busy-date',
  'accepted-then-timeout',
  'accepted-then-timeout',
  'refused-connection',
];

/** What the negative controls break. */
export type Sabotage = 'none' | 'key-changes-over-restart' | 'no-transactions';

export interface SilenceRecord {
  readonly id: string;
  readonly sloId: string;
  readonly startsAtMs: number;
  endsAtMs: number;
}

export const KINDS = ['page', 'ticket'] as const satisfies readonly ScriptedKind[];
export const REPEAT_INTERVAL_MS = 120_000;

const meter: Meter = {
  counter: () => ({ add() {} }),
  gauge: () => ({ set() {} }),
  histogram: () => ({ observe() {}, zero() {} }),
  onCollect() {},
};

interface PromiseEnds {
  readonly resolve: (response: NetResponse) => void;
  readonly reject: (error: Error) => void;
}

interface Process {
  readonly life: Life;
  readonly parts: DriverParts;
  readonly driver: Driver;
}

export function historyDatabase(sabotage: Sabotage): KillableDatabase {
  const withoutTransactions = sabotage === 'no-transactions';
  return new KillableDatabase(openDatabase(IN_MEMORY), { withoutTransactions });
}

export class DeliveryWorld {
  readonly clock = new SimulatedClock();
  readonly random: Random;
  readonly sloIds: readonly string[];
  readonly receivers: readonly WebhookReceiver[];
  /** What the script wants, by alert key. */
  readonly wanted = new Map<string, boolean>();
  readonly switchedOn = new Map<string, number>();
  readonly silences: SilenceRecord[] = [];
  readonly acknowledged = new Set<string>();
  /** Wall times at which something was not as it should be. */
  readonly disturbances: number[] = [];
  readonly problems: string[] = [];
  kills = 0;
  /** How receivers answer: by `answers`, or well. */
  calm = false;
  readonly #sabotage: Sabotage;
  readonly #database: KillableDatabase;
  readonly #journal = new ScriptedJournal();
  readonly #receiverConfigs: readonly ReceiverConfig[];
  #process: Process | undefined;
  #lives = 0;

  /** @param database emptied here; may be used for one history after the other */
  constructor(seed: number, sabotage: Sabotage, database: KillableDatabase) {
    this.random = seededRandom(seed);
    this.#sabotage = sabotage;
    this.#database = database;
    database.reset();
    this.sloIds = ['orders/checkout', 'orders/quote', 'tracking/lookup'].slice(0, 1 + this.random.below(3));
    this.receivers = Array.from({ length: 1 + this.random.below(2) }, () => new WebhookReceiver());
    this.#receiverConfigs = [
      {
        name: 'oncall',
        webhooks: this.receivers.map((_, index) => ({
          url: `http://receiver/${index}`,
          sendResolved: true,
          alertsMax: 0,
          timeoutMs: 5000,
          authorization: undefined,
        })),
      },
    ];
  }

  get isUp(): boolean {
    return this.#process?.life.alive === true;
  }

  /** Of the process that runs. */
  get store(): Store {
    return present(this.#process, 'a process runs').parts.store;
  }

  boot(): void {
    this.#lives += 1;
    const life: Life = { alive: true, statementsLeft: undefined, lastOneTakesEffect: false };
    const clock = this.#clockOf(life);
    this.#attempt(() => {
      const parts: DriverParts = {
        store: createStore(this.#database.openLife(life), this.random),
        clock,
        steady: steadyClock(clock),
        net: this.#netOf(life, this.#lives),
        random: this.random,
        log: silentLogger,
        metrics: alertingMetrics(meter),
        route: compileRoute({ ...ROUTE_DEFAULT, receiver: 'oncall', repeatIntervalMs: REPEAT_INTERVAL_MS }),
        integrations: integrationsByReceiver(this.#receiverConfigs),
        silencer: new Silencer(),
        tenant: 'default',
        externalUrl: 'http://plimsoll',
      };
      const driver = new Driver(parts, new ScriptedEngine(), NEW_CURSOR);
      this.#process = { life, parts, driver };
      driver.start({ documents: this.sloIds.map(scriptedDocument), complete: true });
    });
  }

  /** kill -9: nothing it holds in memory survives. */
  kill(): void {
    if (this.#process !== undefined) this.#process.life.alive = false;
    this.#noteDeath();
  }

  /** Lets it die at one of its next statements, before or after it took effect. */
  killSoon(statements: number): void {
    const { life } = present(this.#process, 'a process runs');
    life.statementsLeft = statements;
    life.lastOneTakesEffect = this.random.below(2) === 0;
  }

  switchAlert(sloId: string, kind: ScriptedKind): void {
    const key = alertKey(sloId, kind);
    const on = this.wanted.get(key) !== true;
    this.wanted.set(key, on);
    if (on) this.switchedOn.set(key, (this.switchedOn.get(key) ?? 0) + 1);
    this.#journal.append({ sloId, kind, on });
  }

  /** The process reads what has come and judges. */
  tick(): void {
    this.#attempt(() => {
      const { driver } = present(this.#process, 'a process runs');
      const batch = this.#journal.read(driver.cursor, 1000);
      driver.consume(batch.records, batch.cursor);
      driver.tick(0);
    });
  }

  silence(sloId: string, durationMs: number): void {
    const startsAtMs = this.clock.wallMs();
    const endsAtMs = startsAtMs + durationMs;
    this.disturb();
    // Noted only once answered: one that died before may or may not have taken effect.
    this.#attempt(() => {
      const id = putSilence(present(this.#process, 'a process runs').parts, {
        id: undefined,
        matchers: [{ name: 'slo_id', value: sloId, isRegex: false, isEqual: true }],
        startsAtMs,
        endsAtMs,
        createdBy: 'sim',
        comment: '',
        annotations: {},
      });
      this.silences.push({ id, sloId, startsAtMs, endsAtMs });
    });
  }

  unsilence(record: SilenceRecord): void {
    const nowMs = this.clock.wallMs();
    if (record.endsAtMs <= nowMs) return;
    this.#attempt(() => expireSilence(present(this.#process, 'a process runs').parts, record.id));
    // Also when it died before answering: then the silence may be gone, and must not be counted on.
    record.endsAtMs = nowMs;
  }

  acknowledgeOne(): void {
    this.#attempt(() => {
      const { parts } = present(this.#process, 'a process runs');
      const [incident] = parts.store.incidents.list({ open: true }, 1);
      if (incident === undefined) return;
      acknowledge(parts, incident.id, 'sim');
      this.acknowledged.add(incident.id);
    });
  }

  knownSilences(): readonly string[] {
    return listSilences(present(this.#process, 'a process runs').parts, []).map(({ id }) => id);
  }

  /** Also those whose answer nobody heard. */
  storedSilences(sloId: string): readonly { readonly startsAtMs: number; readonly endsAtMs: number }[] {
    return this.store.silences.all().filter(({ matchers }) => matchers[0]?.value === sloId);
  }

  async advance(byMs: number): Promise<void> {
    await this.clock.advanceAsync(byMs);
    if (this.#process !== undefined && !this.isUp) this.#noteDeath();
  }

  disturb(): void {
    this.disturbances.push(this.clock.wallMs());
  }

  #noteDeath(): void {
    if (this.#process === undefined) return;
    this.#process = undefined;
    this.kills += 1;
    this.disturb();
  }

  /** Runs a step of the process; its death in the middle of it is part of the game. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    if (this.#process !== undefined && !this.isUp) this.#noteDeath();
  }

  /** Timers of a dead process do not fire. */
  #clockOf(life: Life): Clock {
    return {
      wallMs: () => this.clock.wallMs(),
      wallNanos: () => this.clock.wallNanos(),
      monotonicMs: () => this.clock.monotonicMs(),
      startTimer: (delayMs, fire) =>
        this.clock.startTimer(delayMs, () => {
          if (life.alive) fire();
        }),
    };
  }

  #netOf(life: Life, lifeNumber: number): Net {
    return {
      request: (request) =>
        new Promise((resolve, reject) => {
          const receiver = present(this.receivers[Number(request.url.split('/').at(-1))], 'a known receiver');
          const answer = this.#answer();
          const arriveMs = 1 + this.random.below(40);
          // Arrival happens whether or not the sender lives to hear the answer.
          this.clock.startTimer(arriveMs, () => {
            const key = request.headers['idempotency-key'] ?? '';
            const changes = this.#sabotage === 'key-changes-over-restart';
            const taken = answer === 'ok' || answer === 'slow' || answer === 'accepted-then-timeout';
            if (taken)
              receiver.accept(changes ? `${key}-${lifeNumber}` : key, present(request.body, 'a body'));
            this.#respond(life, { answer, request }, { resolve, reject });
          });
        }),
    };
  }

  #respond(
    life: Life,
    { answer, request }: { readonly answer: Answer; readonly request: NetRequest },
    { resolve, reject }: PromiseEnds,
  ): void {
    const isTimeout = answer === 'accepted-then-timeout';
    const delayMs = isTimeout ? request.timeoutMs : answer === 'slow' ? 3000 : 1 + this.random.below(40);
    this.clock.startTimer(delayMs, () => {
      if (!life.alive) return;
      if (isTimeout) reject(new Error('timed out'));
      else if (answer === 'refused-connection') reject(new Error('ECONNREFUSED'));
      else resolve({ ...this.#response(answer), body: new Uint8Array(), truncated: false });
    });
  }

  #response(answer: Answer): Pick<NetResponse, 'status' | 'headers'> {
    switch (answer) {
      case 'error-500':
        return { status: 500, headers: {} };
      case 'busy-seconds':
        return { status: 429, headers: { 'retry-after': String(this.random.below(20)) } };
      case 'busy-date': {
        const at = new Date(this.clock.wallMs() + 1000 * this.random.below(20));
        const date = new Date(this.clock.wallMs()).toUTCString();
        return { status: 429, headers: { 'retry-after': at.toUTCString(), date } };
      }
      case 'ok':
      case 'slow':
      case 'accepted-then-timeout':
      case 'refused-connection':
        return { status: 200, headers: {} };
    }
  }

  #answer(): Answer {
    if (this.calm || this.random.below(3) === 0) return 'ok';
    this.disturb();
    return BAD_ANSWERS[this.random.below(BAD_ANSWERS.length)] ?? 'ok';
  }
}
