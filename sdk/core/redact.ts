/** Takes secrets out of what is logged: by the name of a field, and where a text looks like a credential. */

export const REDACTED = '[redacted]';

/** In lower case and without separators, so that `api_key`, `apiKey` and `X-API-Key` are one. */
const SECRET_NAMES =
  /authorization|cookie|passw|passphrase|secret|token|apikey|accesskey|privatekey|credential|jwt/;
const SEPARATORS = /[-_. ]/g;
/** Deeper is cut: nobody reads it, and a cycle ends there. */
const DEPTH_MAX = 6;
/** Names of fields are few; beyond that they are looked at each time. */
const REMEMBERED_MAX = 2000;
/** `Bearer …` and `Basic …` of an Authorization header, and JSON Web Tokens (RFC 7519). */
const CREDENTIALS = /\b(Bearer|Basic) +[\w.~+/=-]{8,}|\beyJ[\w-]{6,}\.[\w-]+\.[\w-]*/g;
const HINTS = ['earer ', 'asic ', 'eyJ'] as const;

const remembered = new Map<string, boolean>();

/** Whether the value of a field of this name is kept back. */
export function isSecretName(name: string): boolean {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const isSecret = SECRET_NAMES.test(name.toLowerCase().replaceAll(SEPARATORS, ''));
  if (remembered.size < REMEMBERED_MAX) remembered.set(name, isSecret);
  return isSecret;
}

/** `fields` without its secrets, copied only as far as something had to go. */
export function redact<Fields extends object>(fields: Fields): Fields {
  return cleaned(fields, 0) as Fields;
}

/** A line of text without what looks like a credential in it. */
export function redactText(line: string): string {
  if (!HINTS.some((hint) => line.includes(hint))) return line;
  return line.replaceAll(CREDENTIALS, (_found, scheme: string | undefined) =>
    scheme === undefined ? REDACTED : `${scheme} ${REDACTED}`,
  );
}

function cleaned(value: object, depth: number): unknown {
  if (depth >= DEPTH_MAX) return '[deep]';
  if (Array.isArray(value)) return cleanedList(value, depth);
  // Errors, dates and what else prints itself are left to pino's serializers.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  let copy: Record<string, unknown> | undefined;
  for (const [name, item] of Object.entries(value)) {
    const kept = cleanedField(name, item, depth);
    if (kept === item) continue;
    copy ??= { ...value };
    copy[name] = kept;
  }
  return copy ?? value;
}

function cleanedField(name: string, item: unknown, depth: number): unknown {
  if (item === undefined || item === null) return item;
  if (isSecretName(name)) return REDACTED;
  return typeof item === 'object' ? cleaned(item, depth + 1) : item;
}

function cleanedList(list: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | undefined;
  for (const [index, item] of list.entries()) {
    if (typeof item !== 'object' || item === null) continue;
    const kept = cleaned(item, depth + 1);
    if (kept === item) continue;
    copy ??= [...list];
    copy[index] = kept;
  }
  return copy ?? list;
}
