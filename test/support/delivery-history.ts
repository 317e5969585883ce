/** One seeded history of alert delivery and the checks at the end of each calm. */
import { alertLabels } from '#test/support/scripted-engine.ts';
import type { Delivery, Incident } from '#alerting/ports.ts';
import { fingerprint } from '#alerting/router/core/fingerprint.ts';
import { DeliveryWorld, KINDS, REPEAT_INTERVAL_MS, type Sabotage } from '#test/support/delivery-world.ts';
import type { KillableDatabase } from '#test/support/killable-database.ts';
import type { WebhookReceiver } from '#test/support/webhook-receiver.ts';

export interface HistoryResult {
  /** What the receivers saw that must not be. */
  readonly seen: readonly string[];
  /** What the books say that must not be. */
  readonly books: readonly string[];
  readonly kills: number;
  readonly notifications: number;
  readonly repeats: number;
}

const STORM_STEPS = 12;
/** Longer than the back-off, every Retry-After, a group interval and a timeout together. */
const CALM_MS = 150_000;
/** After the first flush of a group a new member waits for the next: an interval, and some seconds. */
const TOLD_WITHIN_MS = 36_000;
const LIST_ALL = 100_000;

export async function playHistory(
  seed: number,
  sabotage: Sabotage,
  database: KillableDatabase,
): Promise<HistoryResult> {
  const world = new DeliveryWorld(seed, sabotage, database);
  const books: string[] = [];
  const jumps = world.random.below(8) === 0;
  world.boot();
  for (let round = 0; round < 2; round += 1) {
    world.calm = false;
    for (let step = 0; step < STORM_STEPS; step += 1) await stormStep(world, jumps);
    await calmDown(world);
    books.push(...checkBooks(world, jumps));
  }
  const seen = world.receivers.flatMap((receiver) => receiver.violations);
  return {
    seen: [...seen, ...checkReceivers(world, jumps)],
    books,
    kills: world.kills,
    notifications: sum(world.receivers.map((receiver) => receiver.accepted.length)),
    repeats: sum(world.receivers.map((receiver) => receiver.repeats)),
  };
}

async function stormStep(world: DeliveryWorld, jumps: boolean): Promise<void> {
  const { random } = world;
  if (!world.isUp) world.boot();
  if (!world.isUp) return;
  const act = ACTIONS[random.below(ACTIONS.length)];
  await act?.(world, jumps);
  if (world.isUp && random.below(5) > 0) world.tick();
  const waits = [3, 50, 600, 3000, 12_000, 40_000];
  await world.advance(1 + random.below(waits[random.below(waits.length)] ?? 1));
}

type Action = (world: DeliveryWorld, jumps: boolean) => void | Promise<void>;

const switchOne: Action = (world) => {
  world.switchAlert(someSlo(world), KINDS[world.random.below(2)] ?? 'page');
};
const killSoon: Action = (world) => world.killSoon(world.random.below(30));

/** Each as likely as it stands here often. Silences lie by the wall clock: not where it jumps. */
const ACTIONS: readonly Action[] = [
  switchOne,
  switchOne,
  switchOne,
  switchOne,
  killSoon,
  killSoon,
  async (world) => {
    world.kill();
    await world.advance(world.random.below(2) === 0 ? 100 : world.random.below(40_000));
  },
  (world, jumps) => {
    if (!jumps) world.silence(someSlo(world), 5000 + world.random.below(60_000));
  },
  (world) => {
    const silence = world.silences[world.random.below(world.silences.length + 1)];
    if (silence !== undefined) world.unsilence(silence);
  },
  (world, jumps) => {
    if (jumps) world.clock.jumpWall((world.random.below(2) === 0 ? -1 : 1) * 3_600_000);
    else world.acknowledgeOne();
  },
  () => {},
  () => {},
];

function someSlo(world: DeliveryWorld): string {
  return world.sloIds[world.random.below(world.sloIds.length)] ?? '';
}

async function calmDown(world: DeliveryWorld): Promise<void> {
  world.calm = true;
  // One that was to die soon dies now rather than in the calm.
  world.kill();
  while (!world.isUp) world.boot();
  for (let waitedMs = 0; waitedMs < CALM_MS; waitedMs += 25_000) {
    world.tick();
    await world.advance(25_000);
  }
}

/** The state file against the script and against the receivers. */
function checkBooks(world: DeliveryWorld, jumps: boolean): readonly string[] {
  const wrong: string[] = [];
  const deliveries = world.store.outbox.list(LIST_ALL);
  for (const delivery of deliveries) wrong.push(...checkDelivery(world, delivery));
  for (const receiver of world.receivers) wrong.push(...checkOrder(deliveries, receiver));
  wrong.push(...checkAlerts(world, jumps));
  const known = world.knownSilences();
  for (const { id } of world.silences) if (!known.includes(id)) wrong.push(`silence ${id} is lost`);
  for (const id of world.acknowledged) {
    if (world.store.incidents.get(id)?.acknowledgedBy !== 'sim') wrong.push(`the ack of ${id} is lost`);
  }
  return wrong;
}

/** Everything was delivered or withdrawn, and the receivers agree. */
function checkDelivery(world: DeliveryWorld, delivery: Delivery): readonly string[] {
  const { state, idempotencyKey: key, createdAtMs } = delivery;
  // A repeat that is on its way at this very moment.
  if (state === 'waiting' && createdAtMs > world.clock.wallMs() - 1000) return [];
  const wrong: string[] = [];
  if (state !== 'delivered' && state !== 'superseded') wrong.push(`${key} is ${state}`);
  const accepted = world.receivers.some((receiver) => receiver.has(key));
  if (accepted !== (state === 'delivered')) wrong.push(`${key} is ${state}, accepted: ${accepted}`);
  return wrong;
}

/** First arrivals of a group come in the order in which they were written. */
function checkOrder(deliveries: readonly Delivery[], receiver: WebhookReceiver): readonly string[] {
  const order = new Map(deliveries.map(({ idempotencyKey, id }) => [idempotencyKey, Number(id)]));
  const last = new Map<string, number>();
  const wrong: string[] = [];
  for (const { key, payload } of receiver.accepted) {
    const id = order.get(key) ?? -1;
    if (id <= (last.get(payload.groupKey) ?? 0)) wrong.push(`${key} came out of order`);
    last.set(payload.groupKey, id);
  }
  return wrong;
}

/** Every alert is as the script wants it, no incident was made up. */
function checkAlerts(world: DeliveryWorld, jumps: boolean): readonly string[] {
  const wrong: string[] = [];
  const incidents = world.store.incidents.list({ open: undefined }, LIST_ALL);
  for (const sloId of world.sloIds) {
    for (const kind of KINDS) {
      const key = `${sloId} ${kind}`;
      const id = fingerprint(alertLabels(sloId, kind));
      const firing = world.store.alerts.get(id)?.firing === true;
      if (firing !== (world.wanted.get(key) === true)) wrong.push(`${key} firing: ${firing}`);
      const own = incidents.filter((incident) => incident.fingerprint === id);
      if (own.length > (world.switchedOn.get(key) ?? 0)) wrong.push(`${key} has an incident too many`);
      if (own.filter((incident) => incident.state === 'firing').length !== (firing ? 1 : 0)) {
        wrong.push(`${key} has the wrong number of open incidents`);
      }
    }
  }
  if (!jumps) wrong.push(...checkTold(world, incidents));
  return wrong;
}

/** An incident that lasted while nothing was in the way was told to everyone. */
function checkTold(world: DeliveryWorld, incidents: readonly Incident[]): readonly string[] {
  const wrong: string[] = [];
  for (const incident of incidents) {
    const untilMs = incident.startsAtMs + TOLD_WITHIN_MS;
    const inTheWay = world.disturbances.some((atMs) => atMs > incident.startsAtMs - 65_000 && atMs < untilMs);
    const silenced = world
      .storedSilences(incident.sloId)
      .some((silence) => silence.startsAtMs < untilMs && silence.endsAtMs > incident.startsAtMs);
    if (inTheWay || silenced || (incident.endsAtMs ?? Infinity) < untilMs) continue;
    const startsAt = new Date(incident.startsAtMs).toISOString();
    for (const [index, receiver] of world.receivers.entries()) {
      const told = receiver.accepted.some(({ payload }) =>
        payload.alerts.some(
          (alert) => alert.fingerprint === incident.fingerprint && alert.startsAt === startsAt,
        ),
      );
      if (!told) wrong.push(`receiver ${index} never heard of ${incident.sloId} from ${startsAt}`);
    }
  }
  return wrong;
}

/** What the receivers believe at the end, and what they were told in between. */
function checkReceivers(world: DeliveryWorld, jumps: boolean): readonly string[] {
  const wrong: string[] = [];
  const created = new Map(
    world.store.outbox.list(LIST_ALL).map((row) => [row.idempotencyKey, row.createdAtMs]),
  );
  for (const [index, receiver] of world.receivers.entries()) {
    wrong.push(...checkBelief(world, receiver).map((text) => `receiver ${index}: ${text}`));
    wrong.push(...checkRepeats(receiver, created));
    if (jumps) continue;
    for (const { key, payload } of receiver.accepted) {
      const atMs = created.get(key) ?? 0;
      const sloId = payload.alerts[0]?.labels['slo_id'];
      const silenced = world.silences.some(
        (silence) => silence.sloId === sloId && silence.startsAtMs < atMs && atMs < silence.endsAtMs,
      );
      if (silenced) wrong.push(`receiver ${index}: ${key} was sent although silenced`);
    }
  }
  return wrong;
}

function checkBelief(world: DeliveryWorld, receiver: WebhookReceiver): readonly string[] {
  const wrong: string[] = [];
  for (const sloId of world.sloIds) {
    const silences = world.storedSilences(sloId);
    for (const kind of KINDS) {
      const alert = world.store.alerts.get(fingerprint(alertLabels(sloId, kind)));
      if (alert === undefined) continue;
      // As in Alertmanager: what resolves while silenced is never told. Where it was ever
      // silenced only what fires, and for long enough, can be expected to be believed.
      const fromMs = world.clock.wallMs() - 31_000;
      const excused = silences.some((silence) => !alert.firing || silence.endsAtMs > fromMs);
      const believed = receiver.firing.get(alert.fingerprint);
      const expected = alert.firing ? new Date(alert.startsAtMs).toISOString() : undefined;
      if (excused || believed === expected) continue;
      wrong.push(`believes ${sloId} ${kind} fires since ${believed ?? 'never'}, not ${expected ?? 'never'}`);
    }
  }
  return wrong;
}

function checkRepeats(receiver: WebhookReceiver, created: ReadonlyMap<string, number>): readonly string[] {
  const wrong: string[] = [];
  const last = new Map<string, number>();
  for (const { key, payload } of receiver.accepted) {
    const atMs = created.get(key) ?? Number.NaN;
    const sinceMs = atMs - (last.get(payload.groupKey) ?? -Infinity);
    if (payload.notification_reason === 'repeat interval elapsed' && sinceMs < REPEAT_INTERVAL_MS) {
      wrong.push(`${payload.groupKey} was repeated after ${sinceMs} ms`);
    }
    last.set(payload.groupKey, atMs);
  }
  return wrong;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}
