/** Documents as spans and log records again: from the bytes they came in, by the decoder of all others. */
import { BYTES } from '#signals/otlp/wire.ts';
import { invariant, present } from '#base/invariant.ts';
import type { LogRecord, Resource, Scope, Span } from '#signals/model.ts';
import type { LogColumns, SpanColumns } from '#signals/otlp/columns.ts';
import { decodeLog, decodeResource, decodeScope, decodeSpan } from '#signals/otlp/decode.ts';
import { scanLogs } from '#signals/otlp/scan-logs.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';

/** What a search asks for of each document. */
export const SOURCE_FIELDS = [
  'plimsoll.item',
  'plimsoll.resource',
  'plimsoll.scope',
  'plimsoll.received',
  'plimsoll.service',
  'plimsoll.time',
  'plimsoll.producer',
  'plimsoll.sequence',
  'plimsoll.ordinal',
];

export interface Hit {
  readonly _id: string;
  readonly _source: {
    readonly plimsoll: {
      readonly item: string;
      readonly resource: string;
      readonly scope: string;
      readonly service: string;
      readonly received?: string;
      readonly time: string;
      readonly producer: string;
      readonly sequence: number;
      readonly ordinal: number;
    };
  };
}

/** Where it stands in the order of `queries.ts`, for `search_after`. */
export function placeOf({ _source: { plimsoll } }: Hit): readonly string[] {
  return [plimsoll.time, plimsoll.producer, String(plimsoll.sequence), String(plimsoll.ordinal)];
}

/** Ids stand in the documents; those the decoder makes up are replaced. */
const NO_RECORD = { node: '', epoch: 1, sequence: 1 };

/** Resources and scopes repeat in nearly every document of an answer: decoded once each. */
export class Decoder {
  readonly #resources = new Map<string, Resource>();
  readonly #scopes = new Map<string, Scope>();

  spans(hits: readonly Hit[]): Span[] {
    const columns = scanSpans(requestOf(hits));
    return this.#each(hits, columns, (bare, ordinal) => decodeSpan(bare, ordinal, NO_RECORD));
  }

  logs(hits: readonly Hit[]): LogRecord[] {
    const columns = scanLogs(requestOf(hits));
    return this.#each(hits, columns, (bare, ordinal, { _source: { plimsoll } }) =>
      decodeLog(bare, ordinal, NO_RECORD, BigInt(plimsoll.received ?? '0')),
    );
  }

  #each<Columns extends SpanColumns | LogColumns, Item extends Span | LogRecord>(
    hits: readonly Hit[],
    columns: Columns,
    decode: (bare: Columns, ordinal: number, hit: Hit) => Item,
  ): Item[] {
    invariant(columns.count === hits.length, 'a stored item is one item');
    const bare = { ...columns, resources: [], scopes: [] };
    return hits.map((hit, ordinal) => {
      const { resource, scope } = hit._source.plimsoll;
      return {
        ...decode(bare, ordinal, hit),
        id: hit._id,
        resource: remembered(this.#resources, resource, () =>
          decodeResource(columns.body, present(columns.resources[ordinal], 'each has its own')),
        ),
        scope: remembered(this.#scopes, scope, () =>
          decodeScope(columns.body, present(columns.scopes[ordinal], 'each has its own')),
        ),
      };
    });
  }
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}

/** An OTLP request of one resource, one scope and one item for each document, in their order. */
function requestOf(hits: readonly Hit[]): Uint8Array {
  const parts = hits.flatMap(({ _source: { plimsoll } }) => {
    const scoped = [...field(1, bytesOf(plimsoll.scope)), ...field(2, bytesOf(plimsoll.item))];
    const entry = [...field(1, bytesOf(plimsoll.resource)), head(2, lengthOf(scoped)), ...scoped];
    return [head(1, lengthOf(entry)), ...entry];
  });
  const whole = Buffer.concat(parts);
  // Slices of it are values: of the same type as everywhere else.
  return new Uint8Array(whole.buffer, whole.byteOffset, whole.length);
}

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

function field(number: number, bytes: Uint8Array): readonly Uint8Array[] {
  return [head(number, bytes.length), bytes];
}

/** Tag and length of a field of bytes. */
function head(number: number, length: number): Uint8Array {
  const bytes = [(number << 3) | BYTES];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
