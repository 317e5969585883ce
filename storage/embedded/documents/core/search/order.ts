/** The order of found documents, and the first so many of them. */
import { CodedError } from '#base/errors.ts';
import type { StreamType } from '#signals/elasticsearch/fields.ts';
import type { FieldValue, SortKey, SortValue } from '#storage/document-search.ts';
import type { Cells, FieldAccess, Fields } from '#storage/embedded/documents/core/search/field-access.ts';
import { compareTexts, compareValues } from '#storage/embedded/documents/core/search/values.ts';

/** Identity of a document and its place in the store's own order. */
export interface DocumentKey {
  readonly unixNanos: bigint;
  readonly stream: StreamType;
  readonly producer: string;
  readonly sequence: bigint;
  readonly ordinal: number;
}

export interface Candidate {
  readonly key: DocumentKey;
  readonly sort: readonly SortValue[];
}

export const TIME_COLUMN: Readonly<Record<StreamType, string>> = { logs: 'time_ns', traces: 'start_ns' };

export function documentKey(cells: Cells, stream: StreamType): DocumentKey {
  return {
    unixNanos: BigInt(cells[TIME_COLUMN[stream]] ?? 0),
    stream,
    producer: String(cells['producer']),
    sequence: BigInt(cells['sequence'] ?? 0),
    ordinal: Number(cells['ordinal']),
  };
}

function compareKeys(a: DocumentKey, b: DocumentKey): number {
  return (
    compareValues(a.unixNanos, b.unixNanos) ||
    compareTexts(a.stream, b.stream) ||
    compareTexts(a.producer, b.producer) ||
    compareValues(a.sequence, b.sequence) ||
    a.ordinal - b.ordinal
  );
}

/** The sort value of `_doc`: opaque, and found again in a later request. */
export function keyText({ unixNanos, stream, producer, sequence, ordinal }: DocumentKey): string {
  return [stream.charAt(0), unixNanos, sequence, ordinal, producer].join(' ');
}

const KEY = /^([lt]) (\d{1,20}) (\d{1,20}) (\d{1,10}) (.{0,200})$/s;

function keyFromText(value: SortValue): DocumentKey {
  const [, stream, time, sequence, ordinal, producer] = KEY.exec(String(value)) ?? [];
  if (time === undefined || sequence === undefined || producer === undefined) {
    throw new CodedError(
      'PLIM_PARAMETER',
      `search_after for _doc is ${JSON.stringify(value)}; expected the sort value of _doc of a hit`,
    );
  }
  return {
    stream: stream === 'l' ? 'logs' : 'traces',
    unixNanos: BigInt(time),
    sequence: BigInt(sequence),
    ordinal: Number(ordinal),
    producer,
  };
}

/** All documents count alike: there is no relevance here. */
const SCORE = 1;

/** Reads sort values of rows. */
export class SortReader {
  readonly columns: readonly string[];
  readonly #keys: readonly SortKey[];
  readonly #accesses: readonly FieldAccess[];

  constructor(keys: readonly SortKey[], fields: Fields) {
    this.#keys = keys;
    this.#accesses = keys.map(({ field }) => fields.access(field));
    this.columns = this.#accesses.flatMap(({ columns }) => columns);
  }

  read(cells: Cells, key: DocumentKey): readonly SortValue[] {
    return this.#keys.map((sort, at) => {
      if (sort.field === '_doc') return keyText(key);
      if (sort.field === '_score') return SCORE;
      return valueOf(this.#accesses[at]?.read(cells) ?? [], sort);
    });
  }
}

/** The value by which a document is sorted. */
export function valueOf(values: readonly FieldValue[], sort: SortKey): SortValue {
  let chosen: FieldValue | undefined;
  for (const value of values) {
    if (chosen === undefined) chosen = value;
    else if (compareValues(value, chosen) < 0 === (sort.mode === 'min')) chosen = value;
  }
  if (chosen === undefined) return typeof sort.missing === 'object' ? sort.missing.value : null;
  return typeof chosen === 'boolean' ? Number(chosen) : chosen;
}

/** Negative when `a` comes first. */
export function compareSortValues(a: SortValue, b: SortValue, sort: SortKey): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    const missingFirst = sort.missing === 'first' ? -1 : 1;
    return a === null ? missingFirst : -missingFirst;
  }
  const order = compareValues(a, b);
  return sort.descending ? -order : order;
}

export type Compare = (a: Candidate, b: Candidate) => number;

/** Ends with the store's own order, so no two are equal. */
export function candidateOrder(keys: readonly SortKey[]): Compare {
  return (a, b) => {
    for (const [at, sort] of keys.entries()) {
      const order =
        sort.field === '_doc'
          ? compareKeys(a.key, b.key) * (sort.descending ? -1 : 1)
          : compareSortValues(a.sort[at] ?? null, b.sort[at] ?? null, sort);
      if (order !== 0) return order;
    }
    return compareKeys(a.key, b.key);
  };
}

/**
 * Whether a candidate comes after the values of `search_after`: equal ones do not.
 *
 * @throws CodedError `PLIM_PARAMETER` for a value of `_doc` that no hit has
 */
export function isAfter(keys: readonly SortKey[], after: readonly SortValue[]): (one: Candidate) => boolean {
  const starts = keys.map(({ field }, at) => (field === '_doc' ? keyFromText(after[at] ?? null) : undefined));
  return (one) => {
    for (const [at, sort] of keys.entries()) {
      const start = starts[at];
      const order =
        start === undefined
          ? compareSortValues(one.sort[at] ?? null, after[at] ?? null, sort)
          : compareKeys(one.key, start) * (sort.descending ? -1 : 1);
      if (order !== 0) return order > 0;
    }
    return false;
  };
}

/** Keeps the first so many of all it is given, in a heap whose root is the last of them. */
export class FirstDocuments {
  readonly #max: number;
  readonly #compare: Compare;
  readonly #heap: Candidate[] = [];

  constructor(max: number, compare: Compare) {
    this.#max = max;
    this.#compare = compare;
  }

  offer(candidate: Candidate): void {
    const heap = this.#heap;
    if (heap.length < this.#max) {
      heap.push(candidate);
      this.#up(heap.length - 1);
      return;
    }
    const last = heap[0];
    if (last === undefined || this.#compare(candidate, last) >= 0) return;
    heap[0] = candidate;
    this.#down(0);
  }

  sorted(): readonly Candidate[] {
    return this.#heap.toSorted(this.#compare);
  }

  #up(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfAfter(at, parent)) return;
      at = parent;
    }
  }

  #down(from: number): void {
    for (let at = from; ;) {
      const left = 2 * at + 1;
      let child = left;
      if (this.#isAfter(left + 1, left)) child = left + 1;
      if (!this.#swapIfAfter(child, at)) return;
      at = child;
    }
  }

  #isAfter(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    return a !== undefined && b !== undefined && this.#compare(a, b) > 0;
  }

  #swapIfAfter(child: number, parent: number): boolean {
    const [a, b] = [this.#heap[child], this.#heap[parent]];
    if (a === undefined || b === undefined || this.#compare(a, b) <= 0) return false;
    this.#heap[child] = b;
    this.#heap[parent] = a;
    return true;
  }
}
