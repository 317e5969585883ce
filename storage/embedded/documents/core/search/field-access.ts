/** Fields of documents out of the columns of a row, without building the document. */
import {
  LOGS_STREAM,
  SPAN_KIND_NAMES,
  STATUS_CODE_NAMES,
  TRACES_STREAM,
} from '#signals/elasticsearch/documents.ts';
import {
  FIXED_FIELDS,
  fieldTarget,
  type AttributePlace,
  type FieldType,
  type StreamType,
} from '#signals/elasticsearch/fields.ts';
import { SPAN_KINDS, STATUS_CODES, type Attribute, type AttributeValue } from '#signals/model.ts';
import { toBase64 } from '#signals/value-text.ts';
import type { FieldValue } from '#storage/document-search.ts';
import { attributesFromText } from '#storage/embedded/documents/core/attribute-text.ts';
import type { Cell } from '#storage/embedded/documents/core/columns.ts';
import { spanIdOf, traceIdOf } from '#storage/embedded/documents/core/ids.ts';
import { itemIdOf } from '#storage/embedded/documents/core/rows.ts';
import { exact } from '#storage/embedded/documents/core/search/values.ts';

/** A row as far as its columns were asked for. */
export type Cells = Readonly<Record<string, Cell>>;

export interface FieldAccess {
  /** Columns that {@link read} needs. */
  readonly columns: readonly string[];
  /** Attributes have none: each value brings its own. */
  readonly type: FieldType | undefined;
  read(cells: Cells): readonly FieldValue[];
}

const NONE: readonly FieldValue[] = [];
/** Different texts of attributes kept parsed; a stream has few resources and scopes. */
const PARSED_MAX = 2000;
/** Longer texts are not worth their memory. */
const PARSED_LENGTH_MAX = 8000;
const NANOS_PER_MS = 1_000_000n;

export type Flattened = ReadonlyMap<string, readonly FieldValue[]>;

const COLUMN_OF: Readonly<Record<AttributePlace, string>> = {
  attributes: 'attributes',
  'resource.attributes': 'resource',
  'scope.attributes': 'scope',
};

export const IDENTITY_COLUMNS = ['producer', 'sequence', 'ordinal'] as const;

export interface Fields {
  access(field: string): FieldAccess;
  /** Those with a name of their own, and their values; then those of attributes, by full name. */
  all(cells: Cells): Iterable<NamedValues>;
  /** What {@link all} needs. */
  readonly allColumns: readonly string[];
}

export type NamedValues = readonly [name: string, values: readonly FieldValue[], type: FieldType | undefined];

/** Where rows of several streams meet, they say in this cell of which they are. */
export const STREAM_CELL = 'stream';

/** Fields of several streams in one: each row is read as its own stream has it. */
export class JointFields implements Fields {
  readonly #streams: readonly StreamFields[];
  readonly allColumns: readonly string[];

  constructor(streams: readonly StreamFields[]) {
    this.#streams = streams;
    this.allColumns = streams.flatMap(({ allColumns }) => allColumns);
  }

  access(field: string): FieldAccess {
    const accesses = this.#streams.map((stream) => ({ stream: stream.stream, access: stream.access(field) }));
    const [first] = accesses;
    if (accesses.length === 1 && first !== undefined) return first.access;
    return {
      columns: accesses.flatMap(({ access }) => access.columns),
      type: accesses.find(({ access }) => access.type !== undefined)?.access.type,
      read: (cells) =>
        accesses.find(({ stream }) => stream === cells[STREAM_CELL])?.access.read(cells) ?? NONE,
    };
  }

  *all(cells: Cells): Iterable<NamedValues> {
    for (const one of this.#streams) if (one.stream === cells[STREAM_CELL]) yield* one.all(cells);
  }
}

/** Reads fields of one stream; keeps what it has parsed. */
export class StreamFields implements Fields {
  readonly stream: StreamType;
  readonly #parsed = new Map<string, Flattened>();
  readonly #known = new Map<string, FieldAccess>();

  constructor(stream: StreamType) {
    this.stream = stream;
  }

  access(field: string): FieldAccess {
    let access = this.#known.get(field);
    if (access === undefined) {
      access = this.#make(field);
      this.#known.set(field, access);
    }
    return access;
  }

  *all(cells: Cells): Iterable<NamedValues> {
    for (const [name, type] of Object.entries(FIXED_FIELDS[this.stream])) {
      yield [name, this.access(name).read(cells), type];
    }
    for (const [place, column] of Object.entries(COLUMN_OF)) {
      for (const [key, values] of this.attributes(column, cells))
        yield [`${place}.${key}`, values, undefined];
    }
  }

  /** What {@link all} needs. */
  get allColumns(): readonly string[] {
    const fixed = Object.keys(FIXED_FIELDS[this.stream]).flatMap((name) => this.access(name).columns);
    return [...fixed, ...Object.values(COLUMN_OF)];
  }

  attributes(column: string, cells: Cells): Flattened {
    const text = cells[column];
    if (typeof text !== 'string' || text === '{}') return EMPTY;
    let parsed = this.#parsed.get(text);
    if (parsed === undefined) {
      const attributes = attributesFromText(text);
      parsed = flatten(column === 'scope' ? attributes.slice(SCOPE_HEAD) : attributes);
      if (this.#parsed.size >= PARSED_MAX) this.#parsed.clear();
      if (text.length <= PARSED_LENGTH_MAX) this.#parsed.set(text, parsed);
    }
    return parsed;
  }

  #make(field: string): FieldAccess {
    if (field === '_id') {
      return { columns: IDENTITY_COLUMNS, type: 'keyword', read: (cells) => [itemIdOf(cells)] };
    }
    const target = fieldTarget(this.stream, field);
    if (target.kind === 'fixed') {
      const { columns, read } = this.#fixed(target.name);
      return { columns, read, type: target.type };
    }
    const columns = target.places.map((place) => COLUMN_OF[place]);
    const { key } = target;
    return { columns, type: undefined, read: (cells) => this.#first(columns, cells, key) };
  }

  #first(columns: readonly string[], cells: Cells, key: string): readonly FieldValue[] {
    for (const column of columns) {
      const values = this.attributes(column, cells).get(key);
      if (values !== undefined) return values;
    }
    return NONE;
  }

  #fixed(name: string): Omit<FieldAccess, 'type'> {
    if (name === '@timestamp') return time(this.stream === 'logs' ? 'time_ns' : 'start_ns');
    if (name.startsWith('data_stream.')) return this.#ofStream(name);
    return FIXED.get(name) ?? text(name.replace('.', '_'));
  }

  #ofStream(name: string): Omit<FieldAccess, 'type'> {
    const { type, dataset, namespace } = this.stream === 'logs' ? LOGS_STREAM : TRACES_STREAM;
    const parts = new Map([
      ['data_stream.type', type],
      ['data_stream.dataset', dataset],
      ['data_stream.namespace', namespace],
    ]);
    const part = parts.get(name);
    const values = part === undefined ? NONE : [part];
    return { columns: [], read: () => values };
  }
}

const EMPTY: Flattened = new Map();

/** A stored scope begins with its name and its version. */
const SCOPE_HEAD = 2;

function ofScope(at: 0 | 1): Omit<FieldAccess, 'type'> {
  const known = new Map<string, readonly FieldValue[]>();
  return {
    columns: ['scope'],
    read: (cells) => {
      const text = String(cells['scope'] ?? '{}');
      let values = known.get(text);
      if (values === undefined) {
        const value = attributesFromText(text)[at]?.value;
        values = value?.kind === 'string' && value.value !== '' ? [value.value] : NONE;
        if (known.size >= PARSED_MAX) known.clear();
        known.set(text, values);
      }
      return values;
    },
  };
}

const TRACE_ID: Omit<FieldAccess, 'type'> = {
  columns: ['trace_high', 'trace_low'],
  read: (cells) => {
    const [high, low] = [BigInt(cells['trace_high'] ?? 0), BigInt(cells['trace_low'] ?? 0)];
    return high === 0n && low === 0n ? NONE : [traceIdOf(high, low)];
  },
};

/** A body that is empty has no text; one of other types has its text. */
const BODY: Omit<FieldAccess, 'type'> = {
  columns: ['message', 'body'],
  read: (cells) => (cells['body'] === 'null' ? NONE : [String(cells['message'] ?? '')]),
};

function spanId(column: string): Omit<FieldAccess, 'type'> {
  return {
    columns: [column],
    read: (cells) => {
      const id = BigInt(cells[column] ?? 0);
      return id === 0n ? NONE : [spanIdOf(id)];
    },
  };
}

function time(column: string): Omit<FieldAccess, 'type'> {
  return { columns: [column], read: (cells) => [Number(BigInt(cells[column] ?? 0) / NANOS_PER_MS)] };
}

function number(column: string, none: number | undefined): Omit<FieldAccess, 'type'> {
  return {
    columns: [column],
    read: (cells) => {
      const value = exact(BigInt(cells[column] ?? 0));
      return value === none ? NONE : [value];
    },
  };
}

function named(column: string, names: readonly string[]): Omit<FieldAccess, 'type'> {
  const values = names.map((name) => [name]);
  return { columns: [column], read: (cells) => values[Number(cells[column])] ?? NONE };
}

function text(column: string): Omit<FieldAccess, 'type'> {
  return {
    columns: [column],
    read: (cells) => {
      const value = String(cells[column] ?? '');
      return value === '' && column !== 'name' ? NONE : [value];
    },
  };
}

/** Fields that do not stand in a column of their name as text. */
const FIXED: ReadonlyMap<string, Omit<FieldAccess, 'type'>> = new Map([
  ['observed_timestamp', time('observed_ns')],
  ['trace_id', TRACE_ID],
  ['span_id', spanId('span_id')],
  ['parent_span_id', spanId('parent_id')],
  ['severity_number', number('severity', 0)],
  ['trace_flags', number('flags', 0)],
  ['duration', number('duration_ns', undefined)],
  [
    'kind',
    named(
      'kind',
      SPAN_KINDS.map((kind) => SPAN_KIND_NAMES[kind]),
    ),
  ],
  [
    'status.code',
    named(
      'status',
      STATUS_CODES.map((code) => STATUS_CODE_NAMES[code]),
    ),
  ],
  ['body.text', BODY],
  ['scope.name', ofScope(0)],
  ['scope.version', ofScope(1)],
]);

/** By key; of two with one key the last counts; what is inside a map goes by its path. */
export function flatten(attributes: readonly Attribute[]): Flattened {
  const last = new Map(attributes.map(({ key, value }) => [key, value]));
  const flat = new Map<string, FieldValue[]>();
  for (const [key, value] of last) addFlat(flat, key, value);
  return flat;
}

function addFlat(flat: Map<string, FieldValue[]>, key: string, value: AttributeValue): void {
  if (value.kind === 'array') {
    for (const item of value.value) addFlat(flat, key, item);
  } else if (value.kind === 'map') {
    const last = new Map(value.value.map((one) => [one.key, one.value]));
    for (const [name, item] of last) addFlat(flat, `${key}.${name}`, item);
  } else {
    const scalar = scalarOf(value);
    if (scalar === undefined) return;
    const values = flat.get(key);
    if (values === undefined) flat.set(key, [scalar]);
    else values.push(scalar);
  }
}

function scalarOf(value: Exclude<AttributeValue, { kind: 'array' | 'map' }>): FieldValue | undefined {
  switch (value.kind) {
    case 'empty':
      return undefined;
    case 'int':
      return exact(value.value);
    case 'bytes':
      return toBase64(value.value);
    case 'double':
      return Number.isFinite(value.value) ? value.value : undefined;
    case 'string':
    case 'bool':
      return value.value;
    default:
      return value satisfies never;
  }
}
