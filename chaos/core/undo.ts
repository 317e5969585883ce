/**
 * What takes a fault back, as data: written down before the fault begins, so
 * that the daemon, its reaper or the daemon's successor can do it, each alone.
 * Every action can be done twice. What lives in the proxies needs none: it ends
 * with the process that holds it.
 */

/** A process in a way that a recycled pid is not mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat (proc(5)): start time in clock ticks since boot. */
  readonly startTicks: number;
}

export type UndoAction =
  /** SIGCONT. */
  | { readonly kind: 'continue'; readonly process: ProcessIdentity }
  /** Puts the soft limit of the data segment back, in bytes or `unlimited`. */
  | { readonly kind: 'data-limit'; readonly process: ProcessIdentity; readonly soft: string }
  /** Puts a small text file back. */
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'remove'; readonly file: string };

export function sameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks;
}

/** Undefined when `value` is none; it comes from a file. */
export function readUndoAction(value: unknown): UndoAction | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, process, soft, file, text } = value as Readonly<Record<string, unknown>>;
  if (kind === 'write' && typeof file === 'string' && typeof text === 'string') return { kind, file, text };
  if (kind === 'remove' && typeof file === 'string') return { kind, file };
  const identity = readIdentity(process);
  if (identity === undefined) return undefined;
  if (kind === 'continue') return { kind, process: identity };
  if (kind === 'data-limit' && isLimit(soft)) return { kind, process: identity, soft };
  return undefined;
}

function isLimit(value: unknown): value is string {
  return typeof value === 'string' && /^(?:\d+|unlimited)$/.test(value);
}

/** Undefined when `value` has no sound pid and start time. */
export function readIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startTicks } = value as { readonly pid?: unknown; readonly startTicks?: unknown };
  // 0 and 1 mean "my group" and the first process of the system to kill(2).
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1) return undefined;
  if (typeof startTicks !== 'number' || !Number.isSafeInteger(startTicks) || startTicks < 0) return undefined;
  return { pid, startTicks };
}
