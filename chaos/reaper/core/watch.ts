/**
 * What the reaper knows: which undo actions are armed, and when it last heard
 * of the daemon. Lines of JSON come in; what has to be done comes out.
 */
import { LEASE_MS_DEFAULT } from '#chaos/core/lease.ts';
import { readUndoAction, type UndoAction } from '#chaos/core/undo.ts';

/** A daemon that is silent for so long hangs: its targets are freed without it. */
export const SILENCE_MS_MAX = LEASE_MS_DEFAULT;

export type ReaperMessage =
  | { readonly kind: 'arm'; readonly id: string; readonly undo: UndoAction }
  /** Fault `id` is taken back. */
  | { readonly kind: 'disarm'; readonly id: string }
  /** The daemon lives. */
  | { readonly kind: 'beat' };

export function readMessage(line: string): ReaperMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, id, undo } = value as Readonly<Record<string, unknown>>;
  if (kind === 'beat') return { kind };
  if (typeof id !== 'string') return undefined;
  if (kind === 'disarm') return { kind, id };
  const action = kind === 'arm' ? readUndoAction(undo) : undefined;
  return action === undefined ? undefined : { kind: 'arm', id, undo: action };
}

export class ReaperWatch {
  readonly #armed = new Map<string, UndoAction[]>();
  #heardMs: number;

  constructor(nowMs: number) {
    this.#heardMs = nowMs;
  }

  hear(message: ReaperMessage, nowMs: number): void {
    this.#heardMs = nowMs;
    switch (message.kind) {
      case 'arm':
        this.#armed.set(message.id, [...(this.#armed.get(message.id) ?? []), message.undo]);
        return;
      case 'disarm':
        this.#armed.delete(message.id);
        return;
      case 'beat':
        return;
    }
  }

  /** What must be done now. Again and again while the daemon is silent: it may have struck once more. */
  due(nowMs: number): readonly UndoAction[] {
    return nowMs - this.#heardMs >= SILENCE_MS_MAX ? this.all() : [];
  }

  /** Everything armed, the last first. */
  all(): readonly UndoAction[] {
    return [...this.#armed.values()].flat().toReversed();
  }
}
