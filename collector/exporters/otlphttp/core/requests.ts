/**
 * Records as requests. An OTLP request is nothing but a list of resource entries,
 * so bodies one after the other are a request, and a body is cut between its
 * entries: nothing is encoded again, and fields nobody here knows survive. Pure.
 */
import type { RefusedItem } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { countItems } from '#signals/otlp/envelope.ts';
import type { OtlpSignal } from '#signals/otlp/response.ts';
import { WireReader } from '#signals/otlp/wire.ts';

/** Consecutive resource entries of one record. */
export interface Piece {
  readonly record: JournalRecord;
  readonly body: Uint8Array;
  readonly items: number;
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

/** Records of a signal together, in their order; a larger record goes alone. */
export function requestsOf(records: readonly JournalRecord[], bytesMax: number): OtlpRequest[] {
  const requests: OtlpRequest[] = [];
  for (const [signal, ofSignal] of Map.groupBy(records, ({ kind }) => SIGNALS[kind])) {
    if (signal === undefined) continue;
    let pieces: Piece[] = [];
    let bytes = 0;
    for (const record of ofSignal) {
      if (pieces.length > 0 && bytes + record.body.length > bytesMax) {
        requests.push({ signal, pieces });
        pieces = [];
        bytes = 0;
      }
      pieces.push({ record, body: record.body, items: record.items });
      bytes += record.body.length;
    }
    if (pieces.length > 0) requests.push({ signal, pieces });
  }
  return requests;
}

export function bodyOf({ pieces }: OtlpRequest): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only.body;
  const body = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.body.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    body.set(piece.body, offset);
    offset += piece.body.length;
  }
  return body;
}

/** Two requests of about half each; undefined for one resource entry, which is not cut. */
export function halvesOf({ signal, pieces }: OtlpRequest): readonly [OtlpRequest, OtlpRequest] | undefined {
  if (pieces.length > 1) {
    const half = Math.ceil(pieces.length / 2);
    return [
      { signal, pieces: pieces.slice(0, half) },
      { signal, pieces: pieces.slice(half) },
    ];
  }
  const cut = pieces[0] === undefined ? undefined : cutBetweenEntries(pieces[0]);
  return cut === undefined
    ? undefined
    : [
        { signal, pieces: [cut[0]] },
        { signal, pieces: [cut[1]] },
      ];
}

function cutBetweenEntries({ record, body, items }: Piece): readonly [Piece, Piece] | undefined {
  const reader = new WireReader(body);
  let at = 0;
  // The last border before the middle, or the first one behind it.
  while (reader.next() !== 0) {
    if (reader.position >= body.length) break;
    if (at > 0 && reader.position > body.length / 2) break;
    at = reader.position;
  }
  if (at === 0) return undefined;
  const first = body.subarray(0, at);
  const firstItems = countItems(first);
  return [
    { record, body: first, items: firstItems },
    { record, body: body.subarray(at), items: items - firstItems },
  ];
}

/** All of it. */
export function refusalsOf({ pieces }: OtlpRequest, reason: string, detail: string): RefusedItem[] {
  return pieces.map(({ record, items }) => ({
    record: record.id,
    ordinal: undefined,
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
