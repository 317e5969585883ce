/** Reads our OpenAPI document in tests: does a value fit a schema, does every reference lead somewhere. */

export type Json = Readonly<Record<string, unknown>>;

/** An object that is no list, else undefined. */
export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** What `#/a/b` leads to in `root`. */
export function resolve(root: Json, reference: string): unknown {
  let at: unknown = root;
  for (const part of reference.replace(/^#\//, '').split('/')) at = asObject(at)?.[part];
  return at;
}

/** Every `$ref` anywhere below `value`. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return Object.entries(asObject(value) ?? {}).flatMap(([name, inner]) =>
    name === '$ref' ? [String(inner)] : referencesIn(inner),
  );
}

/**
 * What does not fit, each with its path. Knows type, enum, required, properties,
 * additionalProperties, items and $ref. A property the schema does not name is a
 * fault too: nobody would know of it.
 */
export function misfits(root: Json, schema: Json, value: unknown, path = '$'): string[] {
  const { $ref, type } = schema;
  if (typeof $ref === 'string') {
    const target = asObject(resolve(root, $ref));
    return target === undefined ? [`${path}: ${$ref} leads nowhere`] : misfits(root, target, value, path);
  }
  if (Array.isArray(schema['enum'])) {
    return schema['enum'].includes(value) ? [] : [`${path}: ${JSON.stringify(value)} is none of the values`];
  }
  const types = type === undefined ? [] : [type].flat();
  if (types.length > 0 && !types.some((name) => hasType(value, name))) {
    return [`${path}: ${JSON.stringify(value)} is not ${types.map(String).join(' or ')}`];
  }
  if (Array.isArray(value)) {
    const items = asObject(schema['items']) ?? {};
    return value.flatMap((item, index) => misfits(root, items, item, `${path}[${index}]`));
  }
  const object = asObject(value);
  return object === undefined ? [] : objectMisfits(root, schema, object, path);
}

function objectMisfits(root: Json, schema: Json, value: Json, path: string): string[] {
  const properties = asObject(schema['properties']);
  const others = asObject(schema['additionalProperties']);
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${path}.${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const expected = asObject(properties?.[name]) ?? others;
    if (expected !== undefined) return misfits(root, expected, inner, `${path}.${name}`);
    return properties === undefined ? [] : [`${path}.${name} is not described`];
  });
  return [...missing, ...wrong];
}

function hasType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return asObject(value) !== undefined;
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
