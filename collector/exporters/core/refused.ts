/** Which record a refused item was in. Several nodes may count their records alike, so all of the id stands in the key. Pure. */
import type { RefusedItem } from '#collector/exporters/ports.ts';
import { producerKey, type RecordId } from '#signals/ids.ts';

export function recordKey(id: RecordId): string {
  return `${producerKey(id)}/${id.sequence}`;
}

/** What was refused, by {@link recordKey}; records nothing was refused of are left out. */
export function byRecord(refused: readonly RefusedItem[]): ReadonlyMap<string, readonly RefusedItem[]> {
  return Map.groupBy(refused, ({ record }) => recordKey(record));
}
