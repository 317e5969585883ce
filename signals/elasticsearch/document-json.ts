/** What documents are made of, and their JSON. */
import { byKey } from '#base/by-key.ts';

/** A bigint is an integer; a number is a double, and stays one in JSON (`5.0`). */
export type DocumentValue =
  | string
  | boolean
  | null
  | bigint
  | number
  | readonly DocumentValue[]
  | DocumentFields;

/** Undefined: the document has no such field. */
export type Field = readonly [name: string, value: DocumentValue | undefined];

/** An object of a document. A list, as names come from strangers and are seldom looked up. */
export class DocumentFields {
  readonly list: readonly Field[];

  /** @param list no name twice */
  constructor(list: readonly Field[]) {
    this.list = list;
  }

  /** Of two fields with one name the last counts, in the place of the first. */
  static lastOfEach(list: readonly Field[]): DocumentFields {
    const byName = new Map(list);
    return new DocumentFields(byName.size === list.length ? list : [...byName]);
  }

  /** O(n). */
  get(name: string): DocumentValue | undefined {
    return this.list.find(([one]) => one === name)?.[1];
  }
}

/** As JSON: integers with all their digits, doubles with a point or an exponent. */
export function documentToJson(value: DocumentValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return doubleText(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return value instanceof DocumentFields
    ? `{${fieldsToJson(value.list)}}`
    : `[${value.map(documentToJson).join(',')}]`;
}

/** Without the braces around them. */
export function fieldsToJson(fields: readonly Field[]): string {
  let text = '';
  for (const [name, value] of fields) {
    if (value === undefined) continue;
    text += text === '' ? nameText(name) : `,${nameText(name)}`;
    text += documentToJson(value);
  }
  return text;
}

/** With its colon. */
const nameText = byKey((name) => `${JSON.stringify(name)}:`);

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
