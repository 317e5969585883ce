/** Which rows of a trace are on screen: closed subtrees left out, or only the critical path. */
import type { CriticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import type { SpanNode, TraceTree } from '#dashboards/console/core/trace/tree.ts';

type Nodes = Pick<TraceTree, 'nodes'>;

/** Indexes of nodes in the order of rows. `path`: only what lies on it. */
export function visibleRows(
  { nodes }: Nodes,
  closed: ReadonlySet<string>,
  path: CriticalPath | undefined,
): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < nodes.length;) {
    const node = nodes[row];
    if (node === undefined) break;
    if (path !== undefined && !path.onPath.has(row)) {
      // Nothing below a span that is not on the path is on it.
      row = node.end;
      continue;
    }
    rows.push(row);
    row = closed.has(node.id) && node.childCount > 0 ? node.end : row + 1;
  }
  return rows;
}

/** Where a row stands among those on screen: itself, or the closed ancestor that hides it. −1 for none. */
export function positionOf(rows: readonly number[], row: number): number {
  let low = 0;
  let high = rows.length - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] ?? Infinity) <= row) {
      found = middle;
      low = middle + 1;
    } else high = middle - 1;
  }
  return found;
}

/** Ids of all ancestors that hide a row while they are closed. */
export function ancestorIds({ nodes }: Nodes, row: number): ReadonlySet<string> {
  const ids = new Set<string>();
  for (let up = nodes[row]?.parent ?? -1; up >= 0; up = nodes[up]?.parent ?? -1) ids.add(nodes[up]?.id ?? '');
  return ids;
}

/** Rows with children at this depth or below: closing them leaves `depth` levels. */
export function idsToClose({ nodes }: Nodes, depth: number): readonly string[] {
  return nodes.filter((node) => node.depth === depth && node.childCount > 0).map(({ id }) => id);
}

export interface RowSearch {
  /** Words that must all be somewhere in the span: names, ids, attributes. Case does not matter. */
  readonly text: string;
  /** Exactly, where given. */
  readonly service: string;
  readonly operation: string;
}

export function isEmptySearch({ text, service, operation }: RowSearch): boolean {
  return text.trim() === '' && service === '' && operation === '';
}

/** Rows that match, rising; none for an empty search. */
export function matchingRows({ nodes }: Nodes, search: RowSearch): readonly number[] {
  if (isEmptySearch(search)) return [];
  const words = search.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const matches = (node: SpanNode): boolean =>
    (search.service === '' || node.service === search.service) &&
    (search.operation === '' || node.operation === search.operation) &&
    words.every((word) => hasWord(node, word));
  return nodes.filter(matches).map(({ index }) => index);
}

function hasWord({ service, operation, id, span }: SpanNode, word: string): boolean {
  if (service.toLowerCase().includes(word) || operation.toLowerCase().includes(word) || id === word)
    return true;
  const inTags = (tags: typeof span.tags): boolean =>
    tags.some(({ key, value }) => `${key}=${String(value)}`.toLowerCase().includes(word));
  return inTags(span.tags) || span.logs.some(({ fields }) => inTags(fields));
}

/** The match after (or before) a row, around the end; undefined when there is none. */
export function nextMatch(matches: readonly number[], from: number, step: 1 | -1): number | undefined {
  if (matches.length === 0) return undefined;
  if (step === 1) return matches.find((row) => row > from) ?? matches[0];
  return matches.findLast((row) => row < from) ?? matches.at(-1);
}
