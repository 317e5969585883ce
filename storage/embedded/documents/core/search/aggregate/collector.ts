/** What every aggregation is made of: it takes rows in, then says what it found. */
import type { AggregationResult, FieldValue } from '#storage/document-search.ts';
import type { Cells } from '#storage/embedded/documents/core/search/field-access.ts';

export interface Collector {
  take(cells: Cells): void;
  result(): AggregationResult;
}

export interface Compiled {
  /** Columns its collectors read. */
  readonly columns: readonly string[];
  create(): Collector;
}

/** As numbers: booleans are 1 and 0, texts none. */
export function numericValue(value: FieldValue): number | undefined {
  if (typeof value === 'string') return undefined;
  return Number(value);
}
