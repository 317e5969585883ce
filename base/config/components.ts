/**
 * Components as the OpenTelemetry Collector writes them: a map whose keys are
 * `TYPE` or `TYPE/NAME`, the type saying what may stand below.
 */
import { complain, type Field, type ReadContext, type Schema } from '#base/config/schema.ts';
import type { MapEntry } from '#base/config/yaml.ts';
import { nearestName } from '#base/nearest.ts';

/** One entry: its id as written, and the settings of its type. */
export type Component<Types extends ComponentTypes> = {
  readonly [Type in keyof Types & string]: {
    /** `TYPE` or `TYPE/NAME`. */
    readonly id: string;
    readonly type: Type;
    readonly config: Types[Type] extends Field<infer T> ? Exclude<T, undefined> : never;
  };
}[keyof Types & string];

type ComponentTypes = Readonly<Record<string, Field<unknown>>>;

/** A name goes into file names and labels. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** @param kind for messages: `exporter` */
export function components<const Types extends ComponentTypes>(
  kind: string,
  types: Types,
): Schema<readonly Component<Types>[]> {
  return {
    expected: `a map of ${kind}s: ${Object.keys(types).join(', ')}, or one of them with /NAME behind it`,
    fields: types,
    read(node, path, context) {
      if (node.kind === 'scalar' && node.value === null) return [];
      if (node.kind !== 'map') return complain(context, node.place, path, `expected ${this.expected}`);
      const found = node.entries.map((entry) => readOne({ kind, types }, entry, path, context));
      return found.includes(undefined) ? undefined : (found as Component<Types>[]);
    },
  };
}

function readOne(
  { kind, types }: { readonly kind: string; readonly types: ComponentTypes },
  { key, value, place }: MapEntry,
  path: string,
  context: ReadContext,
): { readonly id: string; readonly type: string; readonly config: unknown } | undefined {
  const at = `${path}.${key}`;
  const [type, name] = splitOnce(key);
  const field = Object.hasOwn(types, type) ? types[type] : undefined;
  if (field === undefined) {
    const known = Object.keys(types);
    const nearest = nearestName(type, known);
    const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${nearest}?`;
    return complain(context, place, at, `there is no ${kind} ${type} here; ${hint}`);
  }
  if (name !== undefined && !NAME.test(name)) {
    const right = 'lower-case letters, digits, - and _, at most 63';
    return complain(context, place, at, `the name behind ${type}/ is made of ${right}`);
  }
  const config = field.schema.read(value, at, context);
  return config === undefined ? undefined : { id: key, type, config };
}

function splitOnce(key: string): readonly [string, string?] {
  const slash = key.indexOf('/');
  return slash < 0 ? [key] : [key.slice(0, slash), key.slice(slash + 1)];
}
