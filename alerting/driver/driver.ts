/**
 * The inside of alerting, deterministic: it is stepped from outside (`consume`,
 * `tick`) and by one timer of its own clock. All it must not forget is in the
 * store; what is only in memory can be lost at any moment, and a new driver on
 * the same store goes on from there.
 */
import type { Timer } from '#base/clock.ts';
import { errorText } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { Cursor, JournalRecord } from '#journal/ports.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { flushGroup } from '#alerting/driver/flush.ts';
import { applyTransition, countFired, joinGroups, resolve } from '#alerting/driver/judge.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import { RETENTION, prune } from '#alerting/driver/retention.ts';
import { noteSilenceEnds } from '#alerting/driver/silence-ends.ts';
import { Sender } from '#alerting/notify/sender.ts';
import { groupKey, groupLabels, routesByKey, routesFor, type Route } from '#alerting/router/core/route.ts';
import type { StoredSilence } from '#alerting/router/core/silence.ts';
import type { SloEngine, Transition } from '#alerting/slo/ports.ts';

/** Snapshots and cursor are stored at least this often: what a restart has to read again. */
export const SAVE_INTERVAL_MS = 5000;
/** After a failure of the store. */
const RETRY_MS = 1000;
/** Flushed before the sender gets its turn. */
const FLUSH_BATCH = 100;

export interface Documents {
  readonly documents: readonly SloDocument[];
  /** False when a file could not be read: SLOs that are missing may only be hidden by it. */
  readonly complete: boolean;
}

export class Driver {
  readonly #parts: DriverParts;
  readonly #engine: SloEngine;
  readonly #sender: Sender;
  readonly #routes: ReadonlyMap<string, Route>;
  #cursor: Cursor;
  #transitions: Transition[] = [];
  readonly #snapshots = new Map<string, Uint8Array>();
  /** Firing alerts of SLOs that are not among the documents of the start. */
  #unknown = new Set<string>();
  #savedAtMs = -Infinity;
  #prunedAtMs: number;
  #timer: Timer | undefined;
  #closed = false;

  /** @param cursor where to start when the store knows no better */
  constructor(parts: DriverParts, engine: SloEngine, cursor: Cursor) {
    this.#parts = parts;
    this.#engine = engine;
    this.#cursor = parts.store.progress.cursor() ?? cursor;
    this.#routes = routesByKey(parts.route);
    this.#sender = new Sender(parts, () => this.run());
    this.#prunedAtMs = parts.steady.nowMs();
  }

  /** The last record the engine has counted, durable or not yet. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  /** Once, first: takes up what the last run left. */
  start(documents: Documents): void {
    const { store, clock, steady } = this.#parts;
    const nowMs = clock.wallMs();
    const ids = new Set(documents.documents.map((document) => document.id));
    const known = store.alerts.firing().filter((alert) => ids.has(alert.sloId));
    this.#engine.configure(documents.documents, nowMs);
    this.#engine.restore(
      store.progress.snapshots(),
      known.map((alert) => ({ sloId: alert.sloId, kind: alert.kind, sinceMs: alert.startsAtMs })),
      nowMs,
    );
    this.#unknown = new Set(store.alerts.firing().map((alert) => alert.fingerprint));
    for (const alert of known) this.#unknown.delete(alert.fingerprint);
    store.transaction(() => {
      // An SLO that was taken away while we were down takes its alerts along; one that a
      // broken file hides keeps them until the folder can be read again.
      if (documents.complete) this.#resolveUnknown(nowMs);
      if (documents.complete) store.progress.keepSnapshots(ids);
      this.#reconcileGroups();
      const waits = [...this.#routes.values()].map(({ config }) =>
        Math.max(config.groupWaitMs, config.groupIntervalMs),
      );
      store.groups.clampTimers(steady.nowMs() + Math.max(...waits));
      this.#sender.recover();
    });
    this.run();
  }

  /** SLOs were read again, all of them. */
  configure(documents: readonly SloDocument[]): void {
    const nowMs = this.#parts.clock.wallMs();
    this.#transitions.push(...this.#engine.configure(documents, nowMs));
    this.#commit(() => {
      this.#resolveUnknown(nowMs);
      this.#parts.store.progress.keepSnapshots(new Set(documents.map(({ id }) => id)));
    });
    this.run();
  }

  /** Alerts the engine was not told of at the start can only end here. */
  #resolveUnknown(nowMs: number): void {
    for (const fingerprint of this.#unknown) {
      const alert = this.#parts.store.alerts.get(fingerprint);
      if (alert?.firing === true) resolve(this.#parts, alert, nowMs);
    }
    this.#unknown = new Set();
  }

  /** Counts records; `cursor` is the position after them. Nothing is durable before the next commit. */
  consume(records: readonly JournalRecord[], cursor: Cursor): void {
    for (const record of records) this.#count(record);
    this.#cursor = cursor;
  }

  /**
   * Judges. What changed is stored together with the cursor; a failure to do so
   * loses nothing, the next tick tries again.
   *
   * @returns the cursor that has become durable, if one has
   */
  tick(lagMs: number): Cursor | undefined {
    this.#noteSilenceEnds();
    this.#transitions.push(...this.#engine.tick(this.#parts.clock.wallMs(), lagMs));
    const isDue = this.#parts.steady.nowMs() - this.#savedAtMs >= SAVE_INTERVAL_MS;
    if (this.#transitions.length === 0 && !isDue) return undefined;
    const changed = this.#transitions.length > 0;
    const cursor = this.#commit();
    if (changed) this.run();
    return cursor;
  }

  /** Stores snapshots and cursor now. @returns the cursor that is durable */
  save(): Cursor {
    return this.#commit();
  }

  /** Flushes what is due, sends what is due, and sets the timer for the next time. */
  run(): void {
    if (this.#closed) return;
    try {
      const more = this.#flushDue();
      this.#sender.send();
      this.#prune();
      this.#arm(more ? 0 : this.#nextMs());
    } catch (error) {
      this.#failed('dispatch', error);
      this.#arm(this.#parts.steady.nowMs() + RETRY_MS);
    }
  }

  /** Stops timers and breaks off attempts. Safe twice. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#sender.close();
  }

  /** Judging goes on without it. */
  #noteSilenceEnds(): void {
    try {
      noteSilenceEnds(this.#parts, this.#parts.clock.wallMs());
    } catch (error) {
      this.#failed('silence-ends', error);
    }
  }

  /** A record the engine cannot take must not keep it from all that follow. */
  #count(record: JournalRecord): void {
    try {
      this.#engine.consume(record);
    } catch (error) {
      this.#failed('count-record', error, { offset: record.offset });
    }
  }

  #failed(step: string, error: unknown, where: Readonly<Record<string, unknown>> = {}): void {
    this.#parts.metrics.failures.add(1, { step });
    this.#parts.log.error({ ...where, step, error: errorText(error) }, 'alerting: a step failed');
  }

  #commit(also?: () => void): Cursor {
    const { store, steady } = this.#parts;
    for (const [sloId, snapshot] of this.#engine.save()) this.#snapshots.set(sloId, snapshot);
    const cursor = this.#cursor;
    let fired: readonly Transition[] = [];
    store.transaction(() => {
      let silences: readonly StoredSilence[] | undefined;
      const parts = { ...this.#parts, silences: () => (silences ??= store.silences.all()) };
      fired = this.#transitions.filter((transition) => applyTransition(parts, transition));
      store.progress.saveSnapshots(this.#snapshots);
      store.progress.saveCursor(cursor);
      also?.();
    });
    // Only now: had the transaction failed, all of it would be due at the next one.
    this.#transitions = [];
    this.#snapshots.clear();
    countFired(this.#parts, fired);
    this.#savedAtMs = steady.nowMs();
    return cursor;
  }

  /** Whether more is due. */
  #flushDue(): boolean {
    const { store, steady } = this.#parts;
    const nowMs = steady.nowMs();
    const nextMs = store.groups.nextFlushAtMs();
    if (nextMs === undefined || nextMs > nowMs) return false;
    const due = store.groups.due(nowMs, FLUSH_BATCH);
    const parts = {
      ...this.#parts,
      silences: store.silences.all(),
      isInFlight: (id: number) => this.#sender.isInFlight(id),
    };
    for (const group of due) {
      const route = this.#routes.get(group.route);
      invariant(route !== undefined, 'groups of routes that are gone are removed at the start');
      try {
        store.transaction(() => flushGroup(parts, group, route));
      } catch (error) {
        // One group that cannot be flushed must not hold up the others.
        this.#failed('flush', error, { group: group.key });
        store.groups.schedule(group.id, nowMs + RETRY_MS);
      }
    }
    return due.length === FLUSH_BATCH;
  }

  /** After a change of routes: groups that no longer come about end, alerts join the ones they belong to now. */
  #reconcileGroups(): void {
    const { store, route: root } = this.#parts;
    for (const group of store.groups.all()) {
      for (const member of store.alerts.ofGroup(group.id)) {
        const stays = routesFor(root, member.labels).some(
          (route) => groupKey(route, groupLabels(route.config, member.labels)) === group.key,
        );
        if (!stays) store.groups.leave(group.id, member.fingerprint);
      }
      if (store.alerts.ofGroup(group.id).length === 0) store.groups.remove(group.id);
    }
    for (const alert of store.alerts.firing()) joinGroups(this.#parts, alert);
  }

  #prune(): void {
    const nowMs = this.#parts.steady.nowMs();
    if (nowMs - this.#prunedAtMs < RETENTION.intervalMs) return;
    this.#prunedAtMs = nowMs;
    prune(this.#parts.store, this.#parts.clock.wallMs());
  }

  #nextMs(): number | undefined {
    const times = [this.#parts.store.groups.nextFlushAtMs(), this.#sender.nextAttemptAtMs()];
    const known = times.filter((atMs) => atMs !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  #arm(atMs: number | undefined): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (atMs === undefined || this.#closed) return;
    const delayMs = Math.max(0, atMs - this.#parts.steady.nowMs());
    this.#timer = this.#parts.clock.startTimer(delayMs, () => this.run());
  }
}
