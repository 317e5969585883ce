/**
 * What a toxic is: a named kind of trouble for one direction of a connection.
 * Kinds are data plus a function; what runs on a connection is made by `start`
 * and lives until the stage it runs in is restarted or ends.
 */
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';

/** Bytes as they came from a socket, and when (monotonic milliseconds). */
export interface Chunk {
  readonly data: Uint8Array;
  readonly atMs: number;
}

/**
 * How a stream ends. `fin`: its sender has finished, the other direction goes
 * on. `close`: the whole connection closes in good order. `reset`: RST both ways.
 */
export type Ending = 'fin' | 'close' | 'reset';

export type AttributeValue = number | string | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One attribute as it is read from and written to JSON. */
export interface AttributeSpec {
  readonly name: string;
  /** `integer` as upstream: any whole number, unchecked; the others are ours and checked. */
  readonly kind: 'integer' | 'number' | 'text' | 'flag';
  readonly otherwise: AttributeValue;
}

/** What a connection keeps for one toxic through restarts of its stage. */
export interface StageMemory {
  /** Bytes `limit_data` has let through. */
  passedBytes: number;
}

/** What a running toxic may do. */
export interface Outlet {
  readonly clock: Clock;
  readonly random: Random;
  readonly memory: StageMemory;
  /** True when the connection was opened after the toxic had been added. */
  readonly isBorn: boolean;
  emit(data: Uint8Array, atMs: number): void;
  /** No further chunk is taken until `then` has run, `delayMs` from now. */
  hold(delayMs: number, then: () => void): void;
  /** Runs `then` in `delayMs`, replacing an earlier alarm; chunks keep coming. */
  alarm(delayMs: number, then: () => void): void;
  /** Passes on the end that came in. */
  passEnd(): void;
  close(ending: Ending): void;
}

/** A toxic at work in one direction of one connection. */
export interface RunningToxic {
  /** True when it swallows what comes, so that a full receiver must not stop it. */
  readonly swallows?: boolean;
  /** Takes one chunk; never called while the outlet holds. */
  chunk(chunk: Chunk): void;
  /** No chunk will follow; never called while the outlet holds. */
  end(): void;
  /** Stops at once; what it has in hand goes out, nothing is lost. */
  interrupt?(): void;
}

interface ToxicKind {
  readonly type: string;
  /** In the order of the JSON. */
  readonly attributes: readonly AttributeSpec[];
  /** What is wrong with attributes of the right kinds, as a sentence; only our own toxics ask. */
  check?(attributes: Attributes): string | undefined;
}

/** Acts on bytes. */
export interface StreamToxic extends ToxicKind {
  readonly layer: 'stream';
  /** Chunks that wait before it; the sender is held back beyond. */
  readonly chunksMax: number;
  /** What becomes of a connection when the toxic is removed. */
  readonly onRemove: 'flush' | 'close';
  start(attributes: Attributes, outlet: Outlet): RunningToxic;
}

/** Acts on HTTP requests; `core/http/tap.ts` carries it out. */
export interface HttpToxic extends ToxicKind {
  readonly layer: 'http';
}

export type ToxicType = StreamToxic | HttpToxic;

/** A whole-number attribute; 0 when it is absent. */
export function integer(name: string): AttributeSpec {
  return { name, kind: 'integer', otherwise: 0 };
}

/** The numeric attribute `name`. */
export function numeric(attributes: Attributes, name: string): number {
  const value = attributes[name];
  return typeof value === 'number' ? value : 0;
}
