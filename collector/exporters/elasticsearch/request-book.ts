/** A batch of records cut into bulk requests by bytes; documents are made as requests are asked for. */
import type { ElasticsearchExporterConfig } from '#collector/exporters/elasticsearch/config.ts';
import type { RequestSize } from '#collector/exporters/core/request-size.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { RecordId } from '#signals/ids.ts';
import { outgoingOf, type Outgoing } from '#storage/elasticsearch/outgoing.ts';

/** One lookup asks for all ids of a request; a server returns at most 10,000 hits. */
const REQUEST_ITEMS_MAX = 5000;
/** Of the line that names index and id. */
const ACTION_CHARS = 120;

export interface Item {
  readonly record: RecordId;
  readonly ordinal: number;
  readonly id: string;
  readonly target: string;
  readonly json: string;
  /** Undefined when `json` is the reduced one already. */
  readonly reduced: (() => string) | undefined;
}

/** In a bulk request. */
export function charsOf(items: readonly Item[]): number {
  return items.reduce((sum, { json }) => sum + json.length + ACTION_CHARS, 0);
}

export class RequestBook {
  /** Complete when {@link requests} has ended. */
  readonly unfit: RefusedItem[] = [];
  readonly #records: readonly JournalRecord[];
  readonly #routing: ElasticsearchExporterConfig['routing'];
  readonly #size: Pick<RequestSize, 'limit'>;

  /** @param size of a request, in characters; asked anew for each item */
  constructor(
    records: readonly JournalRecord[],
    routing: ElasticsearchExporterConfig['routing'],
    size: Pick<RequestSize, 'limit'>,
  ) {
    this.#records = records;
    this.#routing = routing;
    this.#size = size;
  }

  *requests(): Generator<readonly Item[]> {
    let items: Item[] = [];
    let chars = 0;
    for (const item of this.#items()) {
      const itemChars = charsOf([item]);
      if (items.length > 0 && (chars + itemChars > this.#size.limit || items.length >= REQUEST_ITEMS_MAX)) {
        yield items;
        items = [];
        chars = 0;
      }
      items.push(item);
      chars += itemChars;
    }
    if (items.length > 0) yield items;
  }

  *#items(): Generator<Item> {
    for (const record of this.#records) {
      for (const one of outgoingOf(record, this.#routing)) {
        if (one.kind === 'document') {
          yield itemOf(record, one);
          continue;
        }
        const { ordinal, reason, detail } = one;
        const items = ordinal === undefined ? record.items : 1;
        this.unfit.push({ record: record.id, ordinal, items, reason, detail });
      }
    }
  }
}

function itemOf(record: JournalRecord, { id, ordinal, target, json, reducedJson }: Outgoing): Item {
  return { record: record.id, ordinal, id, target, json, reduced: reducedJson };
}
