/** Why another service gave no usable answer, and what the one who asked is told. */
import { Problem } from '#sample-services/lib/core/problem.ts';

/**
 * - `refused`: nobody listens there;
 * - `broken`: the connection ended before the answer;
 * - `timeout`: no answer within the time there was;
 * - `no-time-left`: the deadline had passed before it could be asked;
 * - `circuit-open`: it could not be reached lately and was not asked;
 * - `status`: it answered with 500 or above;
 * - `garbled`: its answer could not be read.
 */
export type PeerFailureKind =
  | 'refused'
  | 'broken'
  | 'timeout'
  | 'no-time-left'
  | 'circuit-open'
  | 'status'
  | 'garbled';

export interface PeerFailureOptions {
  /** With `status`: which. */
  readonly status?: number;
  readonly cause?: unknown;
}

export class PeerFailure extends Error {
  readonly peer: string;
  readonly kind: PeerFailureKind;
  readonly status: number | undefined;

  constructor(peer: string, kind: PeerFailureKind, { status, cause }: PeerFailureOptions = {}) {
    const how = status === undefined ? kind : `${kind} ${status}`;
    super(`${peer}: ${how}`, cause === undefined ? {} : { cause });
    this.name = 'PeerFailure';
    this.peer = peer;
    this.kind = kind;
    this.status = status;
  }

  /** From what `fetch` rejected with. */
  static of(peer: string, error: unknown): PeerFailure {
    if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
      return new PeerFailure(peer, 'timeout', { cause: error });
    }
    const kind = codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'broken';
    return new PeerFailure(peer, kind, { cause: error });
  }

  /** What the one who asked us is told. */
  toProblem(): Problem {
    const detail = `${this.peer} did not answer as it should (${this.kind}${this.status === undefined ? '' : ` ${this.status}`})`;
    switch (this.kind) {
      case 'timeout':
      case 'no-time-left':
        return new Problem(504, 'Gateway timeout', { detail, cause: this });
      case 'circuit-open':
        return new Problem(503, 'Service unavailable', { detail, retryAfterS: 1, cause: this });
      case 'status':
        return relayed(this.status ?? 500, detail, this);
      case 'refused':
      case 'broken':
      case 'garbled':
        return new Problem(502, 'Bad gateway', { detail, cause: this });
      default:
        return this.kind satisfies never;
    }
  }
}

/** 503 and 504 keep their meaning on the way up; what broke a peer is a bad gateway to others. */
function relayed(status: number, detail: string, cause: PeerFailure): Problem {
  if (status === 503) return new Problem(503, 'Service unavailable', { detail, retryAfterS: 1, cause });
  if (status === 504) return new Problem(504, 'Gateway timeout', { detail, cause });
  return new Problem(502, 'Bad gateway', { detail, cause });
}

/** Whether it speaks against asking the peer at all, rather than against this request. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof PeerFailure)) return false;
  return error.kind === 'refused' || error.kind === 'broken' || error.kind === 'timeout';
}

/** Whether another attempt may end better. */
export function isRepeatable(error: unknown): boolean {
  if (!(error instanceof PeerFailure)) return false;
  if (error.kind === 'status') return error.status === 502 || error.status === 503;
  return error.kind === 'refused' || error.kind === 'broken';
}

/** Node hides the system's error code one or two causes deep. */
function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
