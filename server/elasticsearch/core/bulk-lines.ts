/** The lines of `_bulk`: what is to be done, and with which document. */
import { illegal } from '#server/elasticsearch/core/errors.ts';
import { isObject, onlyEntry, type JsonObject } from '#server/elasticsearch/core/read.ts';

export type BulkAction = 'create' | 'index' | 'update' | 'delete';

export interface BulkItem {
  readonly action: BulkAction;
  readonly index: string | undefined;
  readonly id: string | undefined;
  /** JSON of the document; undefined for `delete`. */
  readonly source: string | undefined;
}

const ACTIONS: readonly string[] = ['create', 'index', 'update', 'delete'] satisfies BulkAction[];
/** Items in one request; each is an answer of its own. */
const ITEMS_MAX = 10_000;

/**
 * @param parse reads a line of JSON
 * @throws ElasticError when the lines do not fit together: nothing is taken then
 */
export function bulkItems(text: string, parse: (line: string) => JsonObject): readonly BulkItem[] {
  if (!text.endsWith('\n')) throw illegal('The bulk request must be terminated by a newline [\\n]');
  const lines = text.split('\n').map((line) => line.trim());
  const items: BulkItem[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [action, written] = onlyEntry(parse(line), 'bulk');
    if (!isAction(action)) {
      throw illegal(
        `Malformed action/metadata line [${at + 1}], expected one of create, index, update, delete`,
      );
    }
    const head = isObject(written) ? written : {};
    const source = action === 'delete' ? undefined : documentAt(lines, (at += 1));
    items.push({ action, index: textOf(head['_index']), id: textOf(head['_id']), source });
    if (items.length > ITEMS_MAX) throw illegal(`the bulk request has more than ${ITEMS_MAX} items`);
  }
  if (items.length === 0) throw illegal('request body is required');
  return items;
}

function documentAt(lines: readonly string[], at: number): string {
  const line = lines[at] ?? '';
  if (line === '') throw illegal(`line [${at + 1}] of the bulk request is no document`);
  return line;
}

function isAction(text: string): text is BulkAction {
  return ACTIONS.includes(text);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
