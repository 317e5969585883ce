/** What the answer to a remote-write request means. Pure. */

/** Why a server does not take a sample, in few words. */
export type RefusalReason =
  | 'out_of_order'
  | 'out_of_bounds'
  | 'duplicate'
  | 'invalid_labels'
  | 'too_large'
  | 'rejected';

export type Verdict =
  /** All of it is there. */
  | { readonly kind: 'taken' }
  /** Some of it will never be taken; `written` samples are there, which servers of 1.0 do not say. */
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly written: number | undefined }
  /** This protocol is none of the server's. */
  | { readonly kind: 'other-protocol' }
  /** Not now, or not from us: nothing is wrong with the data. */
  | { readonly kind: 'later' };

export interface WriteAnswer {
  readonly status: number;
  /** Of `X-Prometheus-Remote-Write-Samples-Written`. */
  readonly writtenHeader: string | undefined;
  readonly text: string;
}

/** Who we are or where we send is wrong: the data has nothing to do with it. */
const NOT_THE_DATA: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 421, 429]);

/** The first that is in the text; the words of Prometheus, Mimir, Thanos and VictoriaMetrics. */
const WORDS: readonly (readonly [pattern: RegExp, reason: RefusalReason])[] = [
  [/out[ -]of[ -]order/i, 'out_of_order'],
  [/duplicate sample|duplicate-timestamp|new-value-for-timestamp/i, 'duplicate'],
  [/out[ -]of[ -]bounds?|too[ -]old|too far in the (future|past)|too-far-in/i, 'out_of_bounds'],
  [/label|metric name/i, 'invalid_labels'],
];

/** @param protocol in which it was sent; a server that knows 2.0 always says how much it wrote */
export function verdictOf(answer: WriteAnswer, protocol: '1.0' | '2.0', sent: number): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return successOf(answer, protocol, sent);
  if (status === 415) return { kind: protocol === '2.0' ? 'other-protocol' : 'later' };
  if (status < 400 || status >= 500 || NOT_THE_DATA.has(status)) return { kind: 'later' };
  return refusalOf(answer, protocol);
}

function successOf(answer: WriteAnswer, protocol: '1.0' | '2.0', sent: number): Verdict {
  const written = writtenOf(answer);
  if (protocol === '1.0' || written === sent) return { kind: 'taken' };
  // Older servers skip the fields they do not know and say all is well.
  if (written === undefined) return { kind: 'other-protocol' };
  return { kind: 'refused', reason: 'rejected', written };
}

function refusalOf(answer: WriteAnswer, protocol: '1.0' | '2.0'): Verdict {
  if (answer.status === 413) return { kind: 'refused', reason: 'too_large', written: 0 };
  const written = protocol === '2.0' ? writtenOf(answer) : undefined;
  if (protocol === '2.0' && written === undefined) return { kind: 'other-protocol' };
  const reason = WORDS.find(([pattern]) => pattern.test(answer.text))?.[1] ?? 'rejected';
  return { kind: 'refused', reason, written };
}

/** Of the reasons that have to do with what is there already. */
export function isAboutTime(reason: RefusalReason): boolean {
  return reason === 'out_of_order' || reason === 'out_of_bounds' || reason === 'duplicate';
}

function writtenOf({ writtenHeader }: WriteAnswer): number | undefined {
  return writtenHeader !== undefined && /^\d+$/.test(writtenHeader) ? Number(writtenHeader) : undefined;
}
