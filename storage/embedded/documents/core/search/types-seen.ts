/** Names and types of attributes, as they were met. */
import type { DocumentField, FieldValue } from '#storage/document-search.ts';
import type { Cells, StreamFields } from '#storage/embedded/documents/core/search/field-access.ts';

/** As `index.mapping.total_fields.limit` of Elasticsearch. */
const FIELDS_MAX = 1000;

type SeenType = DocumentField['type'];

/** The type that holds both: whole numbers are numbers, anything can be told as a keyword. */
function wider(a: SeenType, b: SeenType): SeenType {
  if (a === b) return a;
  const isNumber = (type: SeenType): boolean => type === 'long' || type === 'double';
  return isNumber(a) && isNumber(b) ? 'double' : 'keyword';
}

function typeOf(value: FieldValue): SeenType {
  if (typeof value === 'string') return 'keyword';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'long' : 'double';
}

export class SeenFields {
  readonly #types = new Map<string, SeenType>();

  take(cells: Cells, fields: StreamFields): void {
    for (const [name, values, fixed] of fields.all(cells)) {
      if (fixed !== undefined) continue;
      for (const value of values) this.#see(name, typeOf(value));
    }
  }

  list(): readonly DocumentField[] {
    return [...this.#types]
      .map(([name, type]) => ({ name, type }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  #see(name: string, type: SeenType): void {
    const known = this.#types.get(name);
    if (known !== undefined) this.#types.set(name, wider(known, type));
    else if (this.#types.size < FIELDS_MAX) this.#types.set(name, type);
  }
}
