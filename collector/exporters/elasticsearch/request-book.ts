/** A batch of records cut into bulk requests by bytes; documents are made as requests are asked for. */
import { invariant } from '#base/invariant.ts';
import type { RequestSize } from '#collector/exporters/core/request-size.ts';
import { bulkLines } from '#collector/exporters/elasticsearch/core/bulk.ts';
import { Utf8Pieces } from '#collector/exporters/elasticsearch/core/utf8-pieces.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { Routing } from '#storage/elasticsearch/core/routing.ts';
import { outgoingOf, type Form } from '#storage/elasticsearch/outgoing.ts';

/** One lookup asks for all ids of a request; a server returns at most 10,000 hits. */
const REQUEST_ITEMS_MAX = 5000;

export interface Item {
  readonly record: JournalRecord;
  readonly ordinal: number;
  readonly id: string;
  readonly target: string;
  readonly form: Form;
  /** Of a bulk request: what is to be done, and the document. */
  readonly lines: Uint8Array;
}

/** In a bulk request. */
export function bytesOf(items: readonly Item[]): number {
  return items.reduce((sum, { lines }) => sum + lines.length, 0);
}

export class RequestBook {
  /** Complete when {@link requests} has ended. */
  readonly unfit: RefusedItem[] = [];
  readonly #records: readonly JournalRecord[];
  readonly #routing: Routing;
  readonly #size: Pick<RequestSize, 'limit'>;

  /** @param size of a request, in bytes; asked anew for each item */
  constructor(records: readonly JournalRecord[], routing: Routing, size: Pick<RequestSize, 'limit'>) {
    this.#records = records;
    this.#routing = routing;
    this.#size = size;
  }

  *requests(): Generator<readonly Item[]> {
    let items: Item[] = [];
    let bytes = 0;
    for (const item of this.#items()) {
      const isFull = bytes + item.lines.length > this.#size.limit || items.length >= REQUEST_ITEMS_MAX;
      if (items.length > 0 && isFull) {
        yield items;
        items = [];
        bytes = 0;
      }
      items.push(item);
      bytes += item.lines.length;
    }
    if (items.length > 0) yield items;
  }

  *#items(): Generator<Item> {
    const pieces = new Utf8Pieces();
    for (const record of this.#records) {
      for (const one of outgoingOf(record, { routing: this.#routing, form: 'whole' })) {
        if (one.kind === 'document') {
          const { ordinal, id, target, json } = one;
          yield {
            record,
            ordinal,
            id,
            target,
            form: 'whole',
            lines: pieces.add(bulkLines(target, id, json)),
          };
          continue;
        }
        const { ordinal, reason, detail } = one;
        const items = ordinal === undefined ? record.items : 1;
        this.unfit.push({ record: record.id, ordinal, items, reason, detail });
      }
    }
  }
}

/** The same items without what a server may have stumbled over. */
export function reduced(items: readonly Item[], routing: Routing): readonly Item[] {
  const pieces = new Utf8Pieces();
  return [...Map.groupBy(items, ({ record }) => record)].flatMap(([record, ofRecord]) => {
    const ordinals = new Set(ofRecord.map(({ ordinal }) => ordinal));
    return [...outgoingOf(record, { routing, form: 'reduced', ordinals })].map((one): Item => {
      invariant(one.kind === 'document', 'it was fit as a whole');
      const { ordinal, id, target, json } = one;
      return { record, ordinal, id, target, form: 'reduced', lines: pieces.add(bulkLines(target, id, json)) };
    });
  });
}
