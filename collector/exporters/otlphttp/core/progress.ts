/** Which records of a batch are at the destination, so that a call that is repeated sends only the rest. Pure. */
import type { OtlpRequest } from '#collector/exporters/otlphttp/core/requests.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { RecordId } from '#signals/ids.ts';

export class Progress {
  readonly #keys: readonly string[];
  /** Bytes of a record that are there, or refused. */
  readonly #bytes = new Map<string, number>();
  readonly #done = new Set<string>();
  readonly #refused = new Map<string, RefusedItem[]>();

  constructor(records: readonly JournalRecord[]) {
    this.#keys = records.map(({ id }) => keyOf(id));
  }

  isOf(records: readonly JournalRecord[]): boolean {
    return (
      records.length === this.#keys.length &&
      records.every(({ id }, index) => keyOf(id) === this.#keys[index])
    );
  }

  /** Those to send. Of a record that was cut and went in part, all is sent again. */
  left(records: readonly JournalRecord[]): readonly JournalRecord[] {
    this.#bytes.clear();
    for (const key of this.#refused.keys()) if (!this.#done.has(key)) this.#refused.delete(key);
    return records.filter(({ id }) => !this.#done.has(keyOf(id)));
  }

  settle({ pieces }: OtlpRequest, refused: readonly RefusedItem[]): void {
    for (const item of refused) {
      const key = keyOf(item.record);
      this.#refused.set(key, [...(this.#refused.get(key) ?? []), item]);
    }
    for (const { record, body } of pieces) {
      const key = keyOf(record.id);
      const bytes = (this.#bytes.get(key) ?? 0) + body.length;
      this.#bytes.set(key, bytes);
      if (bytes >= record.body.length) this.#done.add(key);
    }
  }

  refused(): RefusedItem[] {
    return [...this.#refused.values()].flat();
  }
}

function keyOf({ node, epoch, sequence }: RecordId): string {
  return `${node}/${epoch}/${sequence}`;
}
