/**
 * The fields every document has under a name of its own, with their types in
 * Elasticsearch and the other names they go by. What is not here is an attribute:
 * of the resource, the scope or the item, with or without saying which.
 */

export type FieldType =
  | 'date'
  | 'keyword'
  | 'constant_keyword'
  | 'text'
  | 'byte'
  | 'long'
  | 'double'
  | 'boolean';

/** What a signal is called here: the type of its data stream. */
export type StreamType = 'logs' | 'traces';

export type FixedFields = Readonly<Record<string, FieldType>>;

const COMMON = {
  '@timestamp': 'date',
  'data_stream.type': 'constant_keyword',
  'data_stream.dataset': 'constant_keyword',
  'data_stream.namespace': 'constant_keyword',
  trace_id: 'keyword',
  span_id: 'keyword',
  'scope.name': 'keyword',
  'scope.version': 'keyword',
} as const satisfies FixedFields;

export const FIXED_FIELDS: Readonly<Record<StreamType, FixedFields>> = {
  logs: {
    ...COMMON,
    observed_timestamp: 'date',
    severity_number: 'byte',
    severity_text: 'keyword',
    event_name: 'keyword',
    'body.text': 'text',
  },
  traces: {
    ...COMMON,
    parent_span_id: 'keyword',
    trace_state: 'keyword',
    trace_flags: 'byte',
    name: 'keyword',
    kind: 'keyword',
    duration: 'long',
    'status.code': 'keyword',
    'status.message': 'keyword',
  },
};

/** Alias to field. */
export const FIELD_ALIASES: Readonly<Record<StreamType, Readonly<Record<string, string>>>> = {
  logs: {
    message: 'body.text',
    'log.level': 'severity_text',
    'trace.id': 'trace_id',
    'span.id': 'span_id',
  },
  traces: {
    'trace.id': 'trace_id',
    'span.id': 'span_id',
    'parent.id': 'parent_span_id',
    'span.name': 'name',
  },
};

/** The objects attributes stand in; a bare name means the first that has it, as in Elastic's templates. */
export const ATTRIBUTE_PLACES = ['resource.attributes', 'scope.attributes', 'attributes'] as const;
export type AttributePlace = (typeof ATTRIBUTE_PLACES)[number];

export type FieldTarget =
  | { readonly kind: 'fixed'; readonly name: string; readonly type: FieldType }
  | { readonly kind: 'attribute'; readonly places: readonly AttributePlace[]; readonly key: string };

/** What a name in a query means in one stream. */
export function fieldTarget(stream: StreamType, field: string): FieldTarget {
  const name = own(FIELD_ALIASES[stream], field) ?? field;
  const type = own(FIXED_FIELDS[stream], name);
  if (type !== undefined) return { kind: 'fixed', name, type };
  const place = ATTRIBUTE_PLACES.find((one) => field.startsWith(`${one}.`));
  return place === undefined
    ? { kind: 'attribute', places: ATTRIBUTE_PLACES, key: field }
    : { kind: 'attribute', places: [place], key: field.slice(place.length + 1) };
}

/** The type of a fixed field, whatever the stream; undefined for attributes. */
export function fixedType(field: string): FieldType | undefined {
  for (const stream of ['logs', 'traces'] as const) {
    const target = fieldTarget(stream, field);
    if (target.kind === 'fixed') return target.type;
  }
  return undefined;
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
