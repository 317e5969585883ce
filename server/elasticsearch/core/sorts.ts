/** `sort` and `search_after`. */
import { fixedType } from '#signals/elasticsearch/fields.ts';
import type { SortKey, SortValue } from '#storage/document-search.ts';
import { checkField } from '#server/elasticsearch/core/clauses.ts';
import { dateSpan } from '#server/elasticsearch/core/dates.ts';
import { illegal, parsing } from '#server/elasticsearch/core/errors.ts';
import {
  isObject,
  listAt,
  manyAt,
  objectAt,
  onlyKeys,
  orElse,
  scalarAt,
  textAt,
  type JsonObject,
} from '#server/elasticsearch/core/read.ts';

const KEYS_MAX = 20;
const OPTIONS = ['order', 'missing', 'mode', 'unmapped_type'];

/** A name, an object of names in the order they are written, or a list of these. @throws ElasticError, as all below */
export function parseSort(sort: unknown): readonly SortKey[] {
  if (sort === undefined) return [];
  const keys = manyAt(sort).flatMap((one) => {
    if (typeof one === 'string') return [sortKey(one, undefined)];
    return Object.entries(objectAt(one, 'sort')).map(([field, options]) => sortKey(field, options));
  });
  if (keys.length > KEYS_MAX) throw parsing(`[sort] has more than ${KEYS_MAX} keys`);
  return keys;
}

/** Of the URL: `field:desc,other`. */
export function sortOfText(text: string): unknown {
  return text.split(',').map((one) => {
    const at = one.lastIndexOf(':');
    return at < 0 ? one : { [one.slice(0, at)]: one.slice(at + 1) };
  });
}

export function sortKey(field: string, options: unknown): SortKey {
  checkField(field, 'sort');
  if (fixedType(field) === 'text') {
    throw illegal(
      `Fielddata is disabled on [${field}]. Text fields are not optimised for operations that require per-document field data like aggregations and sorting`,
    );
  }
  const given: JsonObject = isObject(options) ? options : { order: options };
  onlyKeys(given, OPTIONS, `sort] on [${field}`);
  const order = orElse(given['order'], field === '_score' ? 'desc' : 'asc', (one) =>
    textAt(one, 'sort').toLowerCase(),
  );
  if (order !== 'asc' && order !== 'desc')
    throw parsing(`[sort] order [${order}] is neither [asc] nor [desc]`);
  const descending = order === 'desc';
  const mode = orElse(given['mode'], descending ? 'max' : 'min', (one) => textAt(one, 'sort').toLowerCase());
  if (mode !== 'min' && mode !== 'max')
    throw parsing(`[sort] mode [${mode}] is not supported; use [min] or [max]`);
  return { field, descending, mode, missing: missingOf(given['missing']) };
}

function missingOf(missing: unknown): SortKey['missing'] {
  if (missing === undefined || missing === '_last') return 'last';
  return missing === '_first' ? 'first' : { value: scalarAt(missing, 'sort') };
}

export function parseSearchAfter(
  after: unknown,
  sort: readonly SortKey[],
  nowMs: number,
): readonly SortValue[] | undefined {
  if (after === undefined) return undefined;
  const values = listAt(after, 'search_after');
  if (sort.length === 0) throw illegal('Sort must contain at least one field.');
  if (values.length !== sort.length) {
    throw illegal(`search_after has ${values.length} value(s) but sort has ${sort.length}.`);
  }
  return values.map((value, at) => {
    if (value === null) return null;
    const scalar = scalarAt(value, 'search_after');
    const field = sort[at]?.field ?? '';
    const isDate = typeof scalar === 'string' && fixedType(field) === 'date';
    return isDate ? dateSpan(scalar, { nowMs }).firstMs : scalar;
  });
}
