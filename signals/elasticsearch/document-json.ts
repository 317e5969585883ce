/** What documents are made of, and their JSON. */

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

/** Keys of attributes repeat in nearly every document; strangers choose them, so not all are remembered. */
const NAMES_REMEMBERED_MAX = 5000;
/** Of one that is: longer ones are rare, and would be held for good. */
const NAME_CHARS_MAX = 256;
const nameTexts = new Map<string, string>();

/** With its colon. */
function nameText(name: string): string {
  let text = nameTexts.get(name);
  if (text === undefined) {
    text = `${JSON.stringify(name)}:`;
    if (name.length > NAME_CHARS_MAX) return text;
    if (nameTexts.size >= NAMES_REMEMBERED_MAX) nameTexts.clear();
    nameTexts.set(name, text);
  }
  return text;
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
