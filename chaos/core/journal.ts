/**
 * The journal of faults: one JSON line for each step, written ahead of it. What
 * began and did not end is what a new daemon has to take back.
 */
import { readUndoAction, type UndoAction } from '#chaos/core/undo.ts';

export type JournalLine =
  /** About to begin. */
  | {
      readonly event: 'begin';
      readonly atMs: number;
      readonly id: string;
      readonly fault: string;
      readonly target: string;
    }
  /** About to do what `undo` takes back. */
  | { readonly event: 'arm'; readonly atMs: number; readonly id: string; readonly undo: UndoAction }
  /** Everything of it is taken back; `why` in a word. */
  | { readonly event: 'end'; readonly atMs: number; readonly id: string; readonly why: string };

/** A fault of which no end is written. */
export interface UnfinishedFault {
  readonly id: string;
  readonly fault: string;
  readonly target: string;
  /** In the order in which they were armed; taken back from the last to the first. */
  readonly undo: readonly UndoAction[];
}

export interface Replay {
  readonly unfinished: readonly UnfinishedFault[];
  /** Lines that could not be read: the last may be torn by a crash. */
  readonly unreadable: number;
}

export function formatLine(line: JournalLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** What `text`, a journal, leaves undone. */
export function replay(text: string): Replay {
  const open = new Map<string, { fault: string; target: string; undo: UndoAction[] }>();
  let unreadable = 0;
  for (const source of text.split('\n')) {
    if (source === '') continue;
    const line = readLine(source);
    switch (line?.event) {
      case undefined:
        unreadable += 1;
        break;
      case 'begin':
        open.set(line.id, { fault: line.fault, target: line.target, undo: [] });
        break;
      case 'arm':
        // Should its beginning be unreadable, what it did must be taken back all the same.
        if (!open.has(line.id)) open.set(line.id, { fault: '', target: '', undo: [] });
        open.get(line.id)?.undo.push(line.undo);
        break;
      case 'end':
        open.delete(line.id);
        break;
    }
  }
  return { unfinished: [...open].map(([id, fault]) => ({ id, ...fault })), unreadable };
}

function readLine(source: string): JournalLine | undefined {
  const value = parsed(source);
  if (typeof value !== 'object' || value === null) return undefined;
  const { event, atMs, id, fault, target, undo, why } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || typeof atMs !== 'number') return undefined;
  if (event === 'begin' && typeof fault === 'string' && typeof target === 'string')
    return { event, atMs, id, fault, target };
  if (event === 'end') return { event, atMs, id, why: typeof why === 'string' ? why : '' };
  const action = event === 'arm' ? readUndoAction(undo) : undefined;
  return action === undefined ? undefined : { event: 'arm', atMs, id, undo: action };
}

function parsed(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return undefined;
  }
}
