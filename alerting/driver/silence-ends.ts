/**
 * Tells the open incidents of silences that have run out by themselves, once
 * each: who reads the timeline sees from when on people were told again.
 */
import { BY_PLIMSOLL, type DriverParts } from '#alerting/driver/parts.ts';

/** At a time; with those of a long stop the next tick goes on. */
const ENDS_MAX = 100;

type SilenceParts = Pick<DriverParts, 'store' | 'silencer'>;

export function noteSilenceEnds({ store, silencer }: SilenceParts, nowMs: number): void {
  // Asked outside of the transaction: every tick asks, and there is hardly ever one.
  const ended = store.silences.untoldEnds(nowMs, ENDS_MAX);
  if (ended.length === 0) return;
  store.transaction(() => {
    const alerts = store.alerts.firing();
    for (const silence of ended) {
      const { id, endsAtMs: atMs } = silence;
      const wasActiveMs = atMs - 1;
      for (const alert of alerts) {
        // One that began later was never silenced by it.
        if (alert.startsAtMs > wasActiveMs) continue;
        if (silencer.silencedBy([silence], alert.labels, wasActiveMs).length === 0) continue;
        const entry = { atMs, kind: 'unsilenced', text: `silence ${id} ran out`, by: BY_PLIMSOLL } as const;
        store.incidents.note(alert.incidentId, entry);
      }
      store.silences.endTold(id);
    }
  });
}
