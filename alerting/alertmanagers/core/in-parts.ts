/** Sends many in few requests, and learns which of them a request was refused for. */

/** Alerts in one request, as Prometheus has it. */
const BATCH_MAX = 256;
/**
 * How often a round halves what was refused: it learns of at least four of a full batch. The
 * next round goes on with the others.
 */
const HALVINGS_MAX = 32;

/** `refused`: not these, but it may take others; `later`: it takes nothing now. */
export type Taken = 'taken' | 'refused' | 'later';

export interface Parts<A> {
  readonly post: (batch: readonly A[]) => Promise<Taken>;
  /** Of one that was refused though it was alone. */
  readonly onRefused: (one: A) => void;
}

/**
 * At most `2 · HALVINGS_MAX` requests more than batches.
 *
 * @returns `part`: of some it is not known yet; `later`: broken off
 */
export async function inParts<A>(
  all: readonly A[],
  { post, onRefused }: Parts<A>,
): Promise<'all' | 'part' | 'later'> {
  const waiting = batchesOf(all);
  let halvings = 0;
  let isPart = false;
  for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
    const answer = await post(batch);
    if (answer === 'later') return 'later';
    if (answer === 'taken') continue;
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) onRefused(first);
    else if (halvings === HALVINGS_MAX) isPart = true;
    else {
      halvings += 1;
      const middle = batch.length >> 1;
      waiting.unshift(batch.slice(0, middle), batch.slice(middle));
    }
  }
  return isPart ? 'part' : 'all';
}

function batchesOf<A>(all: readonly A[]): (readonly A[])[] {
  const batches: (readonly A[])[] = [];
  for (let start = 0; start < all.length; start += BATCH_MAX)
    batches.push(all.slice(start, start + BATCH_MAX));
  return batches;
}
