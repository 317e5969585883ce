/**
 * The outbox: notifications as they will be sent, until they are delivered or
 * given up, and every attempt. A queue is one integration and one group key:
 * its rows go out in order of their id, one at a time.
 */
import type { Delivery, DeliveryAttempt } from '#alerting/ports.ts';
import { present } from '#base/invariant.ts';
import type { Notified } from '#alerting/router/core/model.ts';
import {
  bytesOf,
  jsonOf,
  numberOf,
  optionalNumber,
  optionalText,
  textOf,
  type Row,
  type SqlDatabase,
  type SqlValue,
} from '#alerting/state/sql.ts';

/** Kept per delivery; a receiver that is down for a day makes about 1,500 attempts. */
export const ATTEMPTS_KEPT_MAX = 50;

export interface NewNotification {
  readonly groupId: number;
  readonly groupKey: string;
  /** Name of the receiver, as configured. */
  readonly receiver: string;
  /** `receiver/webhook[0]`: one endpoint of a receiver. */
  readonly integration: string;
  readonly idempotencyKey: string;
  readonly reason: string;
  readonly body: Uint8Array;
  /** Member keys in the body, by status. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly incidentIds: readonly string[];
  /** What the integration had been told before: restored when this one is withdrawn. */
  readonly base: Notified | undefined;
  /** Time of the newest state change it tells of. */
  readonly changedAtMs: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export interface QueuedNotification extends NewNotification {
  readonly id: number;
  readonly attempts: number;
  readonly nextAttemptAtMs: number;
}

export type SettledState = 'delivered' | 'superseded' | 'failed' | 'expired';

export function outboxTable(database: SqlDatabase) {
  return { ...queues(database), ...groupView(database), ...settling(database), ...history(database) };
}

export type OutboxTable = ReturnType<typeof outboxTable>;

/** Writing rows, and finding those that may go. */
function queues(database: SqlDatabase) {
  const add = database.prepare(
    `INSERT INTO outbox (group_id, group_key, receiver, integration, idempotency_key, reason, body, firing,
       resolved, incidents, base, state, touched, attempts, changed_at, created_at, next_attempt_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, 0, ?, ?, ?, ?)`,
  );
  const due = database.prepare(
    `SELECT o.id FROM (SELECT min(id) AS head FROM outbox INDEXED BY outbox_queue
       WHERE state = 'waiting' AND integration = ?1 GROUP BY group_key) JOIN outbox o ON o.id = head
     WHERE o.next_attempt_at <= ?2 ORDER BY o.id LIMIT ?3`,
  );
  const one = database.prepare('SELECT * FROM outbox WHERE id = ?');
  const earliest = database.prepare("SELECT min(next_attempt_at) AS at FROM outbox WHERE state = 'waiting'");
  const next = database.prepare(
    `SELECT min(o.next_attempt_at) AS at FROM (SELECT min(id) AS head FROM outbox INDEXED BY outbox_queue
       WHERE state = 'waiting' GROUP BY integration, group_key) JOIN outbox o ON o.id = head
     WHERE o.next_attempt_at > ?`,
  );
  const waiting = database.prepare("SELECT count(*) AS n FROM outbox WHERE state = 'waiting'");
  const integrations = database.prepare("SELECT DISTINCT integration FROM outbox WHERE state = 'waiting'");
  const ofIntegration = database.prepare(
    "SELECT * FROM outbox WHERE state = 'waiting' AND integration = ? ORDER BY id",
  );
  return {
    /** To be sent from `createdAtMs` on. */
    add: (row: NewNotification): void => void add.run(...columnsOf(row)),
    /** Ids of the heads of this integration's queues whose time has come, oldest first. */
    due: (integration: string, nowMs: number, limit: number): readonly number[] =>
      due.all(integration, nowMs, limit).map((row) => numberOf(row, 'id')),
    get: (id: number): QueuedNotification =>
      queuedOf(present(one.get(id), 'a row is not removed while it waits')),
    /** Of any waiting row, due or not, under way or not: cheap to ask often. */
    earliestAttemptAtMs: (): number | undefined => timeIn(earliest.get()),
    /** The next time after `nowMs` at which a head of a queue becomes due. */
    nextAttemptAtMs: (nowMs: number): number | undefined => timeIn(next.get(nowMs)),
    waitingCount: (): number => Number(waiting.get()?.['n'] ?? 0),
    waitingIntegrations: (): readonly string[] => integrations.all().map((row) => textOf(row, 'integration')),
    waitingOf: (integration: string): readonly QueuedNotification[] =>
      ofIntegration.all(integration).map(queuedOf),
  };
}

/** What a flush asks about the notifications of its group. */
function groupView(database: SqlDatabase) {
  const untouched = database.prepare(
    `SELECT * FROM outbox WHERE state = 'waiting' AND touched = 0 AND group_id = ? AND integration = ?
     ORDER BY id DESC LIMIT 1`,
  );
  const revocable = database.prepare(
    "SELECT resolved FROM outbox INDEXED BY outbox_group WHERE state = 'waiting' AND touched = 0 AND group_id = ?",
  );
  const isNewest = database.prepare(
    `SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE group_id = ? AND integration = ? AND id > ?
       AND state IN ('waiting', 'delivered')) AS newest`,
  );
  return {
    /** The newest waiting row of a group that certainly nobody has seen. */
    untouched(groupId: number, integration: string): QueuedNotification | undefined {
      const row = untouched.get(groupId, integration);
      return row === undefined ? undefined : queuedOf(row);
    },
    /** Member keys whose resolution is told by rows of a group that certainly nobody has seen. */
    revocableResolutions: (groupId: number): readonly string[] =>
      revocable.all(groupId).flatMap((row) => jsonOf<string[]>(row, 'resolved')),
    /** Whether nothing later of its group is waiting or was delivered. */
    isNewest: (row: QueuedNotification): boolean =>
      isNewest.get(row.groupId, row.integration, row.id)?.['newest'] === 1,
  };
}

/** Attempts and their outcome. */
function settling(database: SqlDatabase) {
  const expired = database.prepare(
    `SELECT * FROM outbox INDEXED BY outbox_expiry WHERE state = 'waiting' AND expires_at <= ?
     ORDER BY expires_at, id LIMIT ?`,
  );
  const settle = database.prepare(
    "UPDATE outbox SET state = ?, settled_at = ? WHERE id = ? AND state = 'waiting'",
  );
  const reschedule = database.prepare('UPDATE outbox SET next_attempt_at = ? WHERE id = ?');
  const countAttempt = database.prepare(
    'UPDATE outbox SET attempts = attempts + 1, touched = 1 WHERE id = ?',
  );
  const addAttempt = database.prepare(
    'INSERT INTO attempts (delivery_id, at, duration_ms, outcome) VALUES (?, ?, ?, ?)',
  );
  const trimAttempts = database.prepare(
    `DELETE FROM attempts WHERE delivery_id = ?1 AND seq <= (SELECT seq FROM attempts
       WHERE delivery_id = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ${ATTEMPTS_KEPT_MAX})`,
  );
  const touchAll = database.prepare("UPDATE outbox SET touched = 1 WHERE state = 'waiting' AND touched = 0");
  const clamp = database.prepare(
    "UPDATE outbox SET next_attempt_at = ?1 WHERE state = 'waiting' AND next_attempt_at > ?1",
  );
  return {
    expired: (nowMs: number, limit: number): readonly QueuedNotification[] =>
      expired.all(nowMs, limit).map(queuedOf),
    settle: (id: number, state: SettledState, atMs: number): void => void settle.run(state, atMs, id),
    reschedule: (id: number, atMs: number): void => void reschedule.run(atMs, id),
    recordAttempt(id: number, attempt: DeliveryAttempt): void {
      countAttempt.run(id);
      addAttempt.run(id, attempt.atMs, attempt.durationMs, attempt.outcome);
      trimAttempts.run(id);
    },
    /**
     * After a start nobody knows what was on its way when the last run ended, so
     * every waiting row counts as possibly seen and can no longer be withdrawn.
     */
    touchAll: (): void => void touchAll.run(),
    /** No wait longer than this: after a clock that went back. */
    clampTimers: (latestMs: number): void => void clamp.run(latestMs),
  };
}

/** The delivery log. */
function history(database: SqlDatabase) {
  const newest = database.prepare('SELECT * FROM outbox ORDER BY id DESC LIMIT ?');
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE delivery_id = ? ORDER BY seq');
  const prune = database.prepare(
    `DELETE FROM outbox WHERE state <> 'waiting' AND (settled_at < ?1 OR id <=
       (SELECT id FROM outbox ORDER BY id DESC LIMIT 1 OFFSET ?2))`,
  );
  return {
    /** Newest first. */
    list: (limit: number): readonly Delivery[] =>
      newest.all(limit).map((row) => deliveryOf(row, attemptsOf.all(numberOf(row, 'id')).map(attemptOf))),
    /** Forgets what was settled before `beforeMs`, and the oldest settled rows beyond `rowsMax`. */
    prune: (beforeMs: number, rowsMax: number): void => void prune.run(beforeMs, rowsMax),
  };
}

function timeIn(row: Row | undefined): number | undefined {
  const at = row?.['at'];
  return typeof at === 'number' ? at : undefined;
}

function columnsOf(row: NewNotification): readonly SqlValue[] {
  return [
    row.groupId,
    row.groupKey,
    row.receiver,
    row.integration,
    row.idempotencyKey,
    row.reason,
    row.body,
    JSON.stringify(row.firing),
    JSON.stringify(row.resolved),
    JSON.stringify(row.incidentIds),
    row.base === undefined ? null : JSON.stringify(row.base),
    row.changedAtMs,
    row.createdAtMs,
    row.createdAtMs,
    row.expiresAtMs,
  ];
}

function queuedOf(row: Row): QueuedNotification {
  const base = optionalText(row, 'base');
  return {
    id: numberOf(row, 'id'),
    groupId: numberOf(row, 'group_id'),
    groupKey: textOf(row, 'group_key'),
    receiver: textOf(row, 'receiver'),
    integration: textOf(row, 'integration'),
    idempotencyKey: textOf(row, 'idempotency_key'),
    reason: textOf(row, 'reason'),
    body: bytesOf(row, 'body'),
    firing: jsonOf<string[]>(row, 'firing'),
    resolved: jsonOf<string[]>(row, 'resolved'),
    incidentIds: jsonOf<string[]>(row, 'incidents'),
    base: base === undefined ? undefined : (JSON.parse(base) as Notified),
    attempts: numberOf(row, 'attempts'),
    changedAtMs: numberOf(row, 'changed_at'),
    createdAtMs: numberOf(row, 'created_at'),
    nextAttemptAtMs: numberOf(row, 'next_attempt_at'),
    expiresAtMs: numberOf(row, 'expires_at'),
  };
}

function attemptOf(row: Row): DeliveryAttempt {
  return {
    atMs: numberOf(row, 'at'),
    durationMs: numberOf(row, 'duration_ms'),
    outcome: textOf(row, 'outcome'),
  };
}

function deliveryOf(row: Row, attempts: readonly DeliveryAttempt[]): Delivery {
  const state = textOf(row, 'state') as Delivery['state'];
  return {
    id: String(numberOf(row, 'id')),
    receiver: textOf(row, 'receiver'),
    groupKey: textOf(row, 'group_key'),
    idempotencyKey: textOf(row, 'idempotency_key'),
    reason: textOf(row, 'reason'),
    state,
    attempts,
    createdAtMs: numberOf(row, 'created_at'),
    nextAttemptAtMs: state === 'waiting' ? optionalNumber(row, 'next_attempt_at') : undefined,
  };
}
