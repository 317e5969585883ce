/**
 * Records as requests. An OTLP request is nothing but a list of resource entries,
 * so bodies one after the other are a request. A body that is too large is cut
 * between its entries, or its items: what surrounds them is repeated as it came,
 * and fields nobody here knows survive. Pure.
 */
import { isCoded } from '#base/errors.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { countItems } from '#signals/otlp/envelope.ts';
import type { OtlpSignal } from '#signals/otlp/response.ts';
import { WireReader } from '#signals/otlp/wire.ts';
import { splitAlone } from '#signals/split.ts';

/** Consecutive items of one record. */
export interface Piece {
  readonly record: JournalRecord;
  readonly signal: OtlpSignal;
  /** The record's own when it is whole, else a copy. */
  readonly body: Uint8Array;
  readonly items: number;
  /** Place of its first item in the record. */
  readonly ordinal: number;
  readonly isWhole: boolean;
}

export interface OtlpRequest {
  readonly signal: OtlpSignal;
  readonly pieces: readonly Piece[];
}

const SIGNALS: Readonly<Partial<Record<JournalRecord['kind'], OtlpSignal>>> = {
  'otlp-traces': 'traces',
  'otlp-logs': 'logs',
  'otlp-metrics': 'metrics',
};

/** Those that OTLP has a form for, signal by signal, each in their order. */
export function groupsOf(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const groups = Map.groupBy(records, ({ kind }) => SIGNALS[kind]);
  return [...groups].flatMap(([signal, ofSignal]) => (signal === undefined ? [] : ofSignal));
}

export function wholeOf(record: JournalRecord): Piece {
  const signal = SIGNALS[record.kind] ?? 'traces';
  return { record, signal, body: record.body, items: record.items, ordinal: 0, isWhole: true };
}

export function bytesOf({ pieces }: OtlpRequest): number {
  return pieces.reduce((sum, { body }) => sum + body.length, 0);
}

export function bodyOf(request: OtlpRequest): Uint8Array {
  const [only] = request.pieces;
  if (only !== undefined && request.pieces.length === 1) return only.body;
  const body = new Uint8Array(bytesOf(request));
  let offset = 0;
  for (const piece of request.pieces) {
    body.set(piece.body, offset);
    offset += piece.body.length;
  }
  return body;
}

/** Pieces of at most so many bytes, or of one item; undefined when it is left as it is. */
export function cutTo(piece: Piece, bytesMax: number): readonly Piece[] | undefined {
  const { record, body, items } = piece;
  if (body.length <= bytesMax || items <= 1) return undefined;
  try {
    const parts = splitAlone(record.kind, body, bytesMax);
    let { ordinal } = piece;
    const pieces = parts.map((part) => {
      const at = ordinal;
      ordinal += part.items;
      return { ...piece, ...part, ordinal: at, isWhole: false };
    });
    return pieces.length < 2 ? undefined : pieces;
  } catch (error) {
    // The destination will say what it thinks of it.
    if (isCoded(error, 'PLIM_BODY_MALFORMED')) return undefined;
    throw error;
  }
}

/** Two requests of about half each; undefined for what is not cut. */
export function halvesOf(
  { signal, pieces }: OtlpRequest,
  between: 'entries' | 'items',
): readonly [OtlpRequest, OtlpRequest] | undefined {
  const cut = pieces.length === 1 && pieces[0] !== undefined ? cutInHalves(pieces[0], between) : pieces;
  if (cut === undefined || cut.length < 2) return undefined;
  const half = Math.ceil(cut.length / 2);
  return [
    { signal, pieces: cut.slice(0, half) },
    { signal, pieces: cut.slice(half) },
  ];
}

function cutInHalves(piece: Piece, between: 'entries' | 'items'): readonly Piece[] | undefined {
  return between === 'items' ? cutTo(piece, Math.floor(piece.body.length / 2)) : cutBetweenEntries(piece);
}

function cutBetweenEntries(piece: Piece): readonly [Piece, Piece] | undefined {
  const { body, items, ordinal } = piece;
  const reader = new WireReader(body);
  let at = 0;
  // The last border before the middle, or the first one behind it.
  while (reader.next() !== 0) {
    if (reader.position >= body.length) break;
    if (at > 0 && reader.position > body.length / 2) break;
    at = reader.position;
  }
  if (at === 0) return undefined;
  const first = body.slice(0, at);
  const firstItems = countItems(first);
  const second = { body: body.slice(at), items: items - firstItems, ordinal: ordinal + firstItems };
  return [
    { ...piece, isWhole: false, body: first, items: firstItems },
    { ...piece, isWhole: false, ...second },
  ];
}

/** All of it. */
export function refusalsOf({ pieces }: OtlpRequest, reason: string, detail: string): RefusedItem[] {
  return pieces.map(({ record, items, ordinal }) => ({
    record: record.id,
    ordinal: items === 1 && record.items > 1 ? ordinal : undefined,
    items,
    reason,
    detail,
  }));
}

/** So many of it; the destination does not say which, so the first records bear them. */
export function partlyRefused({ pieces }: OtlpRequest, rejected: number, detail: string): RefusedItem[] {
  const refused: RefusedItem[] = [];
  let left = rejected;
  for (const { record, items } of pieces) {
    const here = Math.min(items, left);
    if (here > 0) {
      refused.push({ record: record.id, ordinal: undefined, items: here, reason: 'partial_success', detail });
    }
    left -= here;
  }
  return refused;
}
