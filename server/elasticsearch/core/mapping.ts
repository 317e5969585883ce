/** Fields and their types, as `_field_caps` and `_mapping` tell them. */
import {
  ATTRIBUTE_PLACES,
  FIELD_ALIASES,
  FIXED_FIELDS,
  type FieldType,
  type StreamType,
} from '#signals/elasticsearch/fields.ts';
import type { DocumentField } from '#storage/document-search.ts';
import { INDEX_NAMES } from '#server/elasticsearch/core/indices.ts';

export interface StreamFieldList {
  readonly stream: StreamType;
  readonly attributes: readonly DocumentField[];
}

type Listed = readonly [name: string, type: FieldType];

/** All names a query may use, with their types: fixed ones, aliases, attributes with and without their place. */
export function listedFields({ stream, attributes }: StreamFieldList): ReadonlyMap<string, FieldType> {
  const fixed: readonly Listed[] = Object.entries(FIXED_FIELDS[stream]);
  const types = new Map<string, FieldType>(fixed);
  for (const [alias, field] of Object.entries(FIELD_ALIASES[stream])) {
    const type = types.get(field);
    if (type !== undefined) types.set(alias, type);
  }
  for (const place of ATTRIBUTE_PLACES) {
    for (const { name, type } of attributes) {
      if (!name.startsWith(`${place}.`)) continue;
      types.set(name, type);
      const bare = name.slice(place.length + 1);
      if (!types.has(bare)) types.set(bare, type);
    }
  }
  return types;
}

export function fieldCapsAnswer(lists: readonly StreamFieldList[], wanted: (name: string) => boolean) {
  const indices = lists.map(({ stream }) => INDEX_NAMES[stream]);
  const byField = new Map<string, Map<FieldType, string[]>>();
  for (const list of lists) {
    for (const [name, type] of listedFields(list)) {
      if (!wanted(name)) continue;
      const types = byField.get(name) ?? new Map<FieldType, string[]>();
      byField.set(name, types);
      types.set(type, [...(types.get(type) ?? []), INDEX_NAMES[list.stream]]);
    }
  }
  const fields = [...byField].map(([name, types]) => [name, capsOf(types)] as const);
  return { indices, fields: Object.fromEntries(fields) };
}

/** Indices are named only where they differ. */
function capsOf(types: ReadonlyMap<FieldType, readonly string[]>) {
  const caps = [...types].map(([type, indices]) => [
    type,
    {
      type,
      metadata_field: false,
      searchable: true,
      aggregatable: type !== 'text',
      indices: types.size > 1 ? indices : undefined,
    },
  ]);
  return Object.fromEntries(caps) as Record<string, unknown>;
}

interface Node {
  readonly properties: Map<string, Node>;
  type: string | undefined;
  path: string | undefined;
}

export function mappingAnswer(lists: readonly StreamFieldList[]) {
  return Object.fromEntries(
    lists.map((list) => [
      INDEX_NAMES[list.stream],
      { mappings: { dynamic: 'false', properties: propertiesOf(list) } },
    ]),
  );
}

function propertiesOf({ stream, attributes }: StreamFieldList): unknown {
  const root: Node = { properties: new Map(), type: undefined, path: undefined };
  for (const [name, type] of Object.entries(FIXED_FIELDS[stream])) nodeAt(root, name.split('.')).type = type;
  for (const [alias, path] of Object.entries(FIELD_ALIASES[stream])) {
    const node = nodeAt(root, alias.split('.'));
    node.type = 'alias';
    node.path = path;
  }
  for (const place of ATTRIBUTE_PLACES) {
    const node = nodeAt(root, place.split('.'));
    node.type = 'passthrough';
    // Keys of attributes keep their dots.
    for (const { name, type } of attributes) {
      if (name.startsWith(`${place}.`)) nodeAt(node, [name.slice(place.length + 1)]).type = type;
    }
  }
  return encodeNode(root)['properties'];
}

function nodeAt(root: Node, path: readonly string[]): Node {
  let node = root;
  for (const step of path) {
    let next = node.properties.get(step);
    if (next === undefined) {
      next = { properties: new Map(), type: undefined, path: undefined };
      node.properties.set(step, next);
    }
    node = next;
  }
  return node;
}

function encodeNode({ properties, type, path }: Node): Record<string, unknown> {
  const inner = [...properties].map(([name, node]) => [name, encodeNode(node)]);
  return {
    type,
    path,
    properties: inner.length === 0 ? undefined : Object.fromEntries(inner),
  };
}
