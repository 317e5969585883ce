/**
 * Schemas for what people write in YAML: each reads a node into a typed value
 * and lists every problem with its place and the nearest valid name. An object
 * schema also carries the documentation of its keys, from which a test checks
 * the reference page.
 */
import { parseDurationMs } from '#base/duration.ts';
import { present } from '#base/invariant.ts';
import { nearestName } from '#base/nearest.ts';
import type { Problem } from '#base/problem.ts';
import type { ConfigNode, MapEntry, Place } from '#base/config/yaml.ts';

export interface ReadContext {
  readonly file: string;
  readonly problems: Problem[];
}

export interface Schema<T> {
  /** What is right, to finish the sentence "expected …". */
  readonly expected: string;
  /** Undefined after a problem was added. */
  read(node: ConfigNode, path: string, context: ReadContext): T | undefined;
  /** Only of objects: for the reference page. */
  readonly fields?: Readonly<Record<string, Field<unknown>>>;
  /** Only of lists and records: what is inside. */
  readonly element?: Schema<unknown>;
}

export interface Field<T> {
  readonly schema: Schema<T>;
  readonly doc: string;
  /** `required`: no default. The default is shown on the reference page. */
  readonly default: { readonly value: T } | 'required' | 'optional';
}

export function required<T>(schema: Schema<T>, doc: string): Field<T> {
  return { schema, doc, default: 'required' };
}
export function withDefault<T>(schema: Schema<T>, value: T, doc: string): Field<T> {
  return { schema, doc, default: { value } };
}
export function optional<T>(schema: Schema<T>, doc: string): Field<T | undefined> {
  return { schema, doc, default: 'optional' };
}

/** A nested object that may be left out: then its own defaults hold. */
export function section<T>(
  schema: Schema<T>,
  doc: string,
): Field<T> & { readonly default: { readonly value: T } } {
  return {
    schema,
    doc,
    default: { value: present(readEmpty(schema), 'a section has a default for every key') },
  };
}

function readEmpty<T>(schema: Schema<T>): T | undefined {
  const place = { line: 0, column: 0 };
  return schema.read({ kind: 'map', place, entries: [] }, '', { file: '', problems: [] });
}

/** The same schema, its value in another form. `convert` may complain and return undefined. */
export function mapped<T, U>(
  schema: Schema<T>,
  convert: (value: T, complainHere: (message: string) => undefined) => U | undefined,
): Schema<U> {
  return {
    ...schema,
    read(node, path, context) {
      const value = schema.read(node, path, context);
      if (value === undefined) return undefined;
      return convert(value, (message) => complain(context, node.place, path, message));
    },
  };
}

/** A key people know from elsewhere that has no effect here: refused by name, with the way out. */
export function notSupportedYet(wayOut: string): Field<undefined> {
  const schema: Schema<undefined> = {
    expected: 'nothing',
    read: (node, path, context) =>
      complain(
        context,
        node.place,
        path,
        `${path.split('.').at(-1) ?? path} is not supported yet; ${wayOut}`,
      ),
  };
  return { schema, doc: 'Not supported yet.', default: 'optional' };
}

/** A setting people have in their files that asks for nothing we do not do anyway: a warning says so. */
export function withoutEffect(reason: string): Field<undefined> {
  const schema: Schema<undefined> = {
    expected: 'anything',
    read(node, path, context) {
      const { line, column } = node.place;
      const message = `${path.split('.').at(-1) ?? path} has no effect here; ${reason}`;
      context.problems.push({ file: context.file, line, column, path, severity: 'warning', message });
      return undefined;
    },
  };
  return { schema, doc: `Accepted and without effect: ${reason}.`, default: 'optional' };
}

type Values<Fields> = { [Name in keyof Fields]: Fields[Name] extends Field<infer T> ? T : never };

/** Adds a problem at `place`; always returns undefined. */
export function complain(context: ReadContext, place: Place, path: string, message: string): undefined {
  context.problems.push({
    file: context.file,
    line: place.line,
    column: place.column,
    path,
    severity: 'error',
    message,
  });
  return undefined;
}

/** A map with known keys; an unknown one is a problem that names the nearest. */
export function object<const Fields extends Readonly<Record<string, Field<never> | Field<unknown>>>>(
  fields: Fields,
): Schema<Values<Fields>> & { readonly fields: Fields } {
  return {
    expected: `a map with ${Object.keys(fields).join(', ')}`,
    fields,
    read(node, path, context) {
      if (node.kind !== 'map' && !isEmpty(node)) return unexpected(this, node, path, context);
      const entries = node.kind === 'map' ? node.entries : [];
      const errorsBefore = errorCount(context);
      for (const entry of entries) {
        if (!Object.hasOwn(fields, entry.key)) unknownKey(entry, path, Object.keys(fields), context);
      }
      const result: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(fields) as [string, Field<unknown>][]) {
        const value = entries.find((candidate) => candidate.key === name)?.value;
        const at = joinPath(path, name);
        if (value !== undefined) result[name] = field.schema.read(value, at, context);
        else if (field.default === 'required')
          complain(context, node.place, at, `${name} is missing; expected ${field.schema.expected}`);
        else if (field.default !== 'optional') result[name] = field.default.value;
      }
      return errorCount(context) > errorsBefore ? undefined : (result as Values<Fields>);
    },
  };
}

/** A key with nothing after it. */
function isEmpty(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function errorCount(context: ReadContext): number {
  return context.problems.filter((problem) => problem.severity === 'error').length;
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function unknownKey(entry: MapEntry, path: string, known: readonly string[], context: ReadContext): void {
  const nearest = nearestName(entry.key, known);
  const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${nearest}?`;
  complain(context, entry.place, joinPath(path, entry.key), `${entry.key} is not known here; ${hint}`);
}

/** A map with keys of the writer's choosing. */
export function record<T>(element: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return {
    expected: `a map of ${element.expected}`,
    element,
    read(node, path, context) {
      if (isEmpty(node)) return Object.create(null) as Record<string, T>;
      if (node.kind !== 'map') return unexpected(this, node, path, context);
      const result = Object.create(null) as Record<string, T>;
      let failed = false;
      for (const entry of node.entries) {
        const value = element.read(entry.value, joinPath(path, entry.key), context);
        if (value === undefined) failed = true;
        else result[entry.key] = value;
      }
      return failed ? undefined : result;
    },
  };
}

export function list<T>(element: Schema<T>): Schema<readonly T[]> {
  return {
    expected: `a list of ${element.expected}`,
    element,
    read(node, path, context) {
      if (isEmpty(node)) return [];
      if (node.kind !== 'list') return unexpected(this, node, path, context);
      const items = node.items.map((item, index) => element.read(item, `${path}[${index}]`, context));
      return items.includes(undefined) ? undefined : (items as T[]);
    },
  };
}

export function text(
  options: { readonly pattern?: RegExp; readonly expected?: string } = {},
): Schema<string> {
  return scalarSchema(options.expected ?? 'text', (node) => {
    const value = typeof node.value === 'string' ? node.value : node.value === null ? undefined : node.text;
    return value !== undefined && (options.pattern?.test(value) ?? true) ? value : undefined;
  });
}

export function boolean(): Schema<boolean> {
  return scalarSchema('true or false', (node) => (typeof node.value === 'boolean' ? node.value : undefined));
}

export function number(range: {
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
}): Schema<number> {
  const kind = range.integer === true ? 'a whole number' : 'a number';
  return scalarSchema(`${kind} from ${range.min} to ${range.max}`, ({ value }) => {
    if (typeof value !== 'number' || !(value >= range.min && value <= range.max)) return undefined;
    return range.integer === true && !Number.isInteger(value) ? undefined : value;
  });
}

/** Milliseconds; written like `30s`, `1h30m`, `500ms`. */
export function duration(range: { readonly minMs: number; readonly maxMs: number }): Schema<number> {
  return scalarSchema('a duration such as 30s, 5m or 1h30m', (node) => {
    const durationMs = parseDurationMs(node.text);
    return durationMs !== undefined && durationMs >= range.minMs && durationMs <= range.maxMs
      ? durationMs
      : undefined;
  });
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes; written like `64MiB`, `2GiB` or a plain number. */
export function bytes(range: { readonly min: number; readonly max: number }): Schema<number> {
  return scalarSchema('a size such as 64MiB or 2GiB', (node) => {
    const match = /^(\d+(?:\.\d+)?)\s*([KMGT]iB|B|)$/.exec(node.text);
    const size = match === null ? Number.NaN : Number(match[1]) * (BYTE_UNITS[match[2] ?? ''] ?? Number.NaN);
    return Number.isInteger(size) && size >= range.min && size <= range.max ? size : undefined;
  });
}

export interface Address {
  /** IPv4, IPv6 without brackets, or a name. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** `HOST:PORT`; an IPv6 host stands in brackets. */
export function parseAddress(value: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}

export function address(): Schema<Address> {
  return scalarSchema('HOST:PORT', (node) => parseAddress(node.text));
}

export function choice<const Names extends readonly string[]>(names: Names): Schema<Names[number]> {
  return scalarSchema(`one of ${names.join(', ')}`, (node) =>
    typeof node.value === 'string' && names.includes(node.value) ? node.value : undefined,
  );
}

type ScalarNode = Extract<ConfigNode, { kind: 'scalar' }>;

function scalarSchema<T>(expected: string, accept: (node: ScalarNode) => T | undefined): Schema<T> {
  return {
    expected,
    read(node, path, context) {
      const value = node.kind === 'scalar' ? accept(node) : undefined;
      return value === undefined ? unexpected(this, node, path, context) : value;
    },
  };
}

function unexpected(
  schema: { readonly expected: string },
  node: ConfigNode,
  path: string,
  context: ReadContext,
): undefined {
  const got =
    node.kind === 'scalar' ? (node.text === '' ? 'nothing' : JSON.stringify(node.text)) : `a ${node.kind}`;
  return complain(context, node.place, path, `expected ${schema.expected}, got ${got}`);
}
