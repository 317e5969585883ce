/** Words of an OpenAPI document that its pages share. */

export type Json = Readonly<Record<string, unknown>>;

export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
export const listOf = (items: Json): Json => ({ type: 'array', items });
export const TEXT: Json = { type: 'string' };
export const NUMBER: Json = { type: 'number' };
export const INTEGER: Json = { type: 'integer' };
export const BOOLEAN: Json = { type: 'boolean' };
export const TIME_MS: Json = { type: 'integer', description: 'Milliseconds since the Unix epoch.' };
export const TIME_NANOS: Json = {
  type: 'string',
  description: 'Nanoseconds since the Unix epoch, in decimal.',
};
export const nullable = (schema: Json): Json => ({ ...schema, type: [schema['type'], 'null'] });

export function record(properties: Readonly<Record<string, Json>>): Json {
  return { type: 'object', required: Object.keys(properties), properties };
}

export function answers(description: string, schema: Json): Json {
  return {
    200: { description, content: { 'application/json': { schema } } },
    default: { description: 'What went wrong.', content: { 'application/json': { schema: ref('Error') } } },
  };
}

export function query(name: string, schema: Json, description: string): Json {
  return { name, in: 'query', required: false, schema, description };
}

export function inPath(name: string, description: string): Json {
  return { name, in: 'path', required: true, schema: TEXT, description };
}

export function read(summary: string, schema: Json, parameters: readonly Json[] = []): Json {
  return { get: { summary, parameters, responses: answers(summary, schema) } };
}
