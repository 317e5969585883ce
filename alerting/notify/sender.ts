/**
 * Sends what waits in the outbox. One attempt at a time per queue (a group at an
 * integration), so a resolution never overtakes its firing; several queues of an
 * integration in parallel up to a cap of its own, so a dead receiver delays no
 * other. The result of each attempt is stored before the next one starts.
 */
import { errorText } from '#base/errors.ts';
import type { NetResponse } from '#base/net.ts';
import { dismissResolved } from '#alerting/driver/dismiss.ts';
import { BY_PLIMSOLL, type DriverParts } from '#alerting/driver/parts.ts';
import type { Integration } from '#alerting/notify/integration.ts';
import { RETRY_DELAY_MS_MAX, retryDelayMs, verdictOf, type Verdict } from '#base/http-retry.ts';
import type { QueuedNotification, SettledState } from '#alerting/state/outbox.ts';

/** Attempts under way at one integration; a receiver that hangs costs this many sockets. */
export const ATTEMPTS_PER_INTEGRATION_MAX = 8;
/** Of an answer only the status and Retry-After count. */
const RESPONSE_BYTES_MAX = 4096;
/** When a result could not be stored, the row is left alone this long: the same key makes a repeat harmless. */
const HOLD_AFTER_STORE_FAILURE_MS = 5000;
/** Rows given up in one go; the rest follows at the next. */
const EXPIRE_BATCH = 100;
const EXPIRY_CHECK_INTERVAL_MS = 60_000;
const OUTCOME_LENGTH_MAX = 200;

interface Result {
  readonly verdict: Verdict;
  readonly outcome: string;
  readonly startedMs: number;
}

export class Sender {
  readonly #parts: DriverParts;
  readonly #changed: () => void;
  readonly #inFlight = new Map<number, string>();
  readonly #heldUntilMs = new Map<number, number>();
  readonly #closing = new AbortController();
  #expiryCheckedAtMs = -Infinity;

  /** @param changed called after the result of an attempt was stored */
  constructor(parts: DriverParts, changed: () => void) {
    this.#parts = parts;
    this.#changed = changed;
  }

  /** Once, before the first {@link send}: what the last run left behind. */
  recover(): void {
    const { store, steady } = this.#parts;
    const known = new Set(this.#integrations().map((integration) => integration.id));
    store.outbox.touchAll();
    // After a clock that went back a stored time may be far off: no wait of the last run is longer now.
    store.outbox.clampTimers(steady.nowMs() + RETRY_DELAY_MS_MAX);
    for (const id of store.outbox.waitingIntegrations()) {
      if (known.has(id)) continue;
      for (const row of store.outbox.waitingOf(id))
        this.#giveUp(row, 'failed', 'its receiver is no longer configured');
    }
  }

  isInFlight(rowId: number): boolean {
    return this.#inFlight.has(rowId);
  }

  /** Starts an attempt at every row that is due and allowed to go. */
  send(): void {
    if (this.#closing.signal.aborted) return;
    const nowMs = this.#parts.steady.nowMs();
    for (const [rowId, untilMs] of this.#heldUntilMs) if (untilMs <= nowMs) this.#heldUntilMs.delete(rowId);
    this.#expire(nowMs);
    const earliestMs = this.#parts.store.outbox.earliestAttemptAtMs();
    if (earliestMs === undefined || earliestMs > nowMs) return;
    for (const integration of this.#integrations()) {
      let free = ATTEMPTS_PER_INTEGRATION_MAX - this.#underWay(integration.id);
      if (free <= 0) continue;
      for (const id of this.#parts.store.outbox.due(integration.id, nowMs, ATTEMPTS_PER_INTEGRATION_MAX)) {
        if (free === 0) break;
        if (this.#inFlight.has(id) || this.#heldUntilMs.has(id)) continue;
        free -= 1;
        void this.#attempt(this.#parts.store.outbox.get(id), integration);
      }
    }
  }

  /** When {@link send} has something to do again; undefined when nothing waits for time to pass. */
  nextAttemptAtMs(): number | undefined {
    const nextMs = this.#parts.store.outbox.nextAttemptAtMs(this.#parts.steady.nowMs());
    const times = [...this.#heldUntilMs.values(), ...(nextMs === undefined ? [] : [nextMs])];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Breaks off attempts under way; they are made again, with the same key, after the next start. */
  close(): void {
    this.#closing.abort(new Error('shutting down'));
  }

  #integrations(): readonly Integration[] {
    return [...this.#parts.integrations.values()].flat();
  }

  #underWay(integration: string): number {
    let count = 0;
    for (const id of this.#inFlight.values()) if (id === integration) count += 1;
    return count;
  }

  async #attempt(row: QueuedNotification, integration: Integration): Promise<void> {
    this.#inFlight.set(row.id, integration.id);
    const result = await this.#request(row, integration);
    this.#inFlight.delete(row.id);
    if (this.#closing.signal.aborted) return;
    try {
      this.#parts.store.transaction(() => this.#record(row, result));
      this.#count(row, result);
    } catch (error) {
      this.#heldUntilMs.set(row.id, this.#parts.steady.nowMs() + HOLD_AFTER_STORE_FAILURE_MS);
      this.#parts.metrics.failures.add(1, { step: 'record-attempt' });
      this.#parts.log.error(
        { error: errorText(error), delivery: row.id },
        'the result of an attempt could not be stored',
      );
    }
    this.#changed();
  }

  async #request(row: QueuedNotification, { webhook }: Integration): Promise<Result> {
    const startedMs = this.#parts.steady.nowMs();
    try {
      const response: NetResponse = await this.#parts.net.request({
        method: 'POST',
        url: webhook.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Plimsoll',
          'idempotency-key': row.idempotencyKey,
          ...(webhook.authorization === undefined ? {} : { authorization: webhook.authorization }),
        },
        body: row.body,
        timeoutMs: webhook.timeoutMs,
        responseBytesMax: RESPONSE_BYTES_MAX,
        signal: this.#closing.signal,
      });
      const verdict = verdictOf(response, this.#parts.clock.wallMs());
      return { verdict, outcome: String(response.status), startedMs };
    } catch (error) {
      const outcome = errorText(error).slice(0, OUTCOME_LENGTH_MAX);
      return { verdict: { kind: 'retry', afterMs: undefined }, outcome, startedMs };
    }
  }

  #record(row: QueuedNotification, { verdict, outcome, startedMs }: Result): void {
    const { store, steady, random } = this.#parts;
    const nowMs = steady.nowMs();
    store.outbox.recordAttempt(row.id, { atMs: startedMs, durationMs: nowMs - startedMs, outcome });
    // Somebody may have seen it: what it tells is told, its resolved alerts need not wait any longer.
    if (row.resolved.length > 0) dismissResolved(store, row.groupId, row.resolved);
    switch (verdict.kind) {
      case 'delivered':
        store.outbox.settle(row.id, 'delivered', nowMs);
        this.#note(row, 'notified', `told ${row.receiver}: ${row.reason}`);
        break;
      case 'retry':
        store.outbox.reschedule(row.id, nowMs + retryDelayMs(row.attempts, verdict.afterMs, random));
        if (row.attempts === 0) {
          this.#note(
            row,
            'notification-failed',
            `${row.receiver} could not be told (${outcome}); trying again`,
          );
        }
        break;
      case 'refused':
        this.#giveUp(row, 'failed', `it answered ${outcome}`);
        break;
    }
  }

  #expire(nowMs: number): void {
    if (nowMs - this.#expiryCheckedAtMs < EXPIRY_CHECK_INTERVAL_MS) return;
    this.#expiryCheckedAtMs = nowMs;
    const rows = this.#parts.store.outbox
      .expired(nowMs, EXPIRE_BATCH)
      .filter((row) => !this.#inFlight.has(row.id));
    if (rows.length === 0) return;
    this.#parts.store.transaction(() => {
      for (const row of rows) this.#giveUp(row, 'expired', 'it did not accept it in time');
    });
  }

  /** The integration has not been told after all: the next flush may tell it anew. */
  #giveUp(row: QueuedNotification, state: Exclude<SettledState, 'delivered'>, why: string): void {
    const { store, steady, log } = this.#parts;
    const withdrawn = store.outbox.isNewest(row);
    store.outbox.settle(row.id, state, steady.nowMs());
    if (withdrawn) store.groups.setNotified(row.groupId, row.integration, row.base);
    this.#note(row, 'notification-failed', `${row.receiver} was not told: ${why}`);
    log.error({ receiver: row.receiver, group: row.groupKey, state, why }, 'a notification was given up');
  }

  #note(row: QueuedNotification, kind: 'notified' | 'notification-failed', text: string): void {
    const atMs = this.#parts.clock.wallMs();
    for (const id of row.incidentIds) {
      this.#parts.store.incidents.note(id, { atMs, kind, text, by: BY_PLIMSOLL });
    }
  }

  #count(row: QueuedNotification, { verdict }: Result): void {
    const { metrics, clock } = this.#parts;
    metrics.attempts.add(1, { receiver: row.receiver, outcome: verdict.kind });
    if (verdict.kind !== 'delivered') return;
    const seconds = Math.max(0, clock.wallMs() - row.changedAtMs) / 1000;
    metrics.latency.observe(seconds, { receiver: row.receiver });
  }
}
