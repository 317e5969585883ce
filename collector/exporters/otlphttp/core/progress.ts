/**
 * What of a batch is not at the destination yet, so that a call that is repeated
 * sends only the rest, in requests of whatever size is right by then. Pure.
 */
import {
  cutTo,
  groupsOf,
  halvesOf,
  wholeOf,
  type OtlpRequest,
  type Piece,
} from '#collector/exporters/otlphttp/core/requests.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { RecordId } from '#signals/ids.ts';

export class Progress {
  readonly #keys: readonly string[];
  readonly #refused: RefusedItem[] = [];
  /** Signal by signal. The pieces of a request are the first of it. */
  #left: Piece[];

  constructor(records: readonly JournalRecord[]) {
    this.#keys = records.map(({ id }) => keyOf(id));
    this.#left = groupsOf(records).map(wholeOf);
  }

  isOf(records: readonly JournalRecord[]): boolean {
    return (
      records.length === this.#keys.length &&
      records.every(({ id }, index) => keyOf(id) === this.#keys[index])
    );
  }

  /** The same records, read again: bodies of a call that has ended are no longer valid. */
  resume(records: readonly JournalRecord[]): void {
    const byKey = new Map(records.map((record) => [keyOf(record.id), record]));
    this.#left = this.#left.map((piece) => {
      const record = byKey.get(keyOf(piece.record.id)) ?? piece.record;
      return piece.isWhole ? wholeOf(record) : { ...piece, record };
    });
  }

  /** What is left, in requests of at most so many bytes; an item larger than that goes alone. */
  requests(bytesMax: number): OtlpRequest[] {
    this.#left = this.#left.flatMap((piece) => cutTo(piece, bytesMax) ?? [piece]);
    const requests: { signal: OtlpRequest['signal']; pieces: Piece[]; bytes: number }[] = [];
    for (const piece of this.#left) {
      const last = requests.at(-1);
      if (last?.signal === piece.signal && last.bytes + piece.body.length <= bytesMax) {
        last.pieces.push(piece);
        last.bytes += piece.body.length;
      } else {
        requests.push({ signal: piece.signal, pieces: [piece], bytes: piece.body.length });
      }
    }
    return requests;
  }

  /** The next request as two; undefined when it is one item, or one resource entry if `between` says so. */
  halves(
    request: OtlpRequest,
    between: 'entries' | 'items',
  ): readonly [OtlpRequest, OtlpRequest] | undefined {
    const halves = halvesOf(request, between);
    if (halves !== undefined) {
      const pieces = halves.flatMap((half) => half.pieces);
      this.#left.splice(0, request.pieces.length, ...pieces);
    }
    return halves;
  }

  /** The next request is there, but for what was refused. */
  settle({ pieces }: OtlpRequest, refused: readonly RefusedItem[]): void {
    this.#left.splice(0, pieces.length);
    this.#refused.push(...refused);
  }

  refused(): readonly RefusedItem[] {
    return this.#refused;
  }
}

function keyOf({ node, epoch, sequence }: RecordId): string {
  return `${node}/${epoch}/${sequence}`;
}
