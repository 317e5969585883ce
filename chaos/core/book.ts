/**
 * The book of faults: which are on, under which lease, and whether one more may
 * begin. Holds no timers and touches nothing; the controller does.
 */
import { CodedError } from '#base/errors.ts';
import { isExpired, remainingMs, renew, type Lease } from '#chaos/core/lease.ts';
import type { ParameterValues } from '#chaos/core/parameters.ts';

export interface FaultRecord {
  readonly id: string;
  readonly fault: string;
  readonly target: string;
  /** What no other fault on the same target may have meanwhile; `none` for nothing. */
  readonly claim: string;
  readonly parameters: ParameterValues;
  /** Announced like any other, does nothing. */
  readonly sham: boolean;
  /** Wall clock, milliseconds since the Unix epoch. */
  readonly startedMs: number;
  /** Undefined while it is on. */
  readonly endedMs: number | undefined;
  /** Why it ended, in a word or two. */
  readonly endedBy: string | undefined;
}

interface OpenFault {
  readonly record: FaultRecord;
  /** Undefined once it has begun to end. */
  lease: Lease | undefined;
}

/** Of faults that are over, for whoever asks what was; a day of proving has fewer. */
export const ENDED_KEPT_MAX = 1000;
/** Even whoever asks for several at once does not mean more. */
export const OPEN_MAX = 32;

export class FaultBook {
  readonly #open = new Map<string, OpenFault>();
  readonly #ended: FaultRecord[] = [];
  #blocked = false;
  #begun = 0;

  /** While true, no fault may begin. */
  get blocked(): boolean {
    return this.#blocked;
  }

  block(blocked: boolean): void {
    this.#blocked = blocked;
  }

  /**
   * @param alongside begin it although another is on
   * @throws CodedError `PLIM_FAULT_REFUSED`
   */
  admit({ target, claim }: Pick<FaultRecord, 'target' | 'claim'>, alongside: boolean): void {
    if (this.#blocked) throw refused('faults are blocked; plimsoll chaos allow lifts that');
    const [first] = this.#open.values();
    if (first !== undefined && !alongside)
      throw refused(`${nameOf(first.record)}; stop it first, or ask for this one alongside`);
    const rival = this.active.find((other) => other.target === target && other.claim === claim);
    if (rival !== undefined && claim !== 'none')
      throw refused(`${nameOf(rival)}; two faults cannot share the ${claim} of ${target}, stop it first`);
    if (this.#open.size >= OPEN_MAX) throw refused(`${OPEN_MAX} faults are on already; stop some first`);
  }

  /** Faults since the book was opened. */
  get begun(): number {
    return this.#begun;
  }

  open(record: FaultRecord, lease: Lease): void {
    this.#begun += 1;
    this.#open.set(record.id, { record, lease });
  }

  /** Undefined when it is not on (any more). */
  renew(id: string, nowMs: number): FaultRecord | undefined {
    const fault = this.#open.get(id);
    if (fault?.lease === undefined || isExpired(fault.lease, nowMs)) return undefined;
    fault.lease = renew(fault.lease, nowMs);
    return fault.record;
  }

  /** It is being taken back: its lease is nobody's business any more. */
  ending(id: string): void {
    const fault = this.#open.get(id);
    if (fault !== undefined) fault.lease = undefined;
  }

  /** Undefined when it was not on. */
  close(id: string, endedMs: number, endedBy: string): FaultRecord | undefined {
    const fault = this.#open.get(id);
    if (fault === undefined) return undefined;
    this.#open.delete(id);
    const record = { ...fault.record, endedMs, endedBy };
    this.#ended.push(record);
    if (this.#ended.length > ENDED_KEPT_MAX) this.#ended.shift();
    return record;
  }

  find(id: string): FaultRecord | undefined {
    return this.#open.get(id)?.record ?? this.#ended.find((record) => record.id === id);
  }

  get active(): readonly FaultRecord[] {
    return [...this.#open.values()].map(({ record }) => record);
  }

  /** The last ones, oldest first. */
  get ended(): readonly FaultRecord[] {
    return this.#ended;
  }

  /** Milliseconds left of its lease; 0 when it is over. */
  remainingMs(id: string, nowMs: number): number {
    const lease = this.#open.get(id)?.lease;
    return lease === undefined ? 0 : remainingMs(lease, nowMs);
  }

  expired(nowMs: number): readonly string[] {
    return [...this.#open]
      .filter(([, { lease }]) => lease !== undefined && isExpired(lease, nowMs))
      .map(([id]) => id);
  }

  /** When the next lease runs out; undefined when nothing is on. */
  nextExpiryMs(): number | undefined {
    const nextMs = Math.min(...[...this.#open.values()].map(({ lease }) => lease?.expiresMs ?? Infinity));
    return nextMs === Infinity ? undefined : nextMs;
  }
}

function nameOf({ fault, target, id }: FaultRecord): string {
  return `${fault} on ${target} is still on (${id})`;
}

function refused(message: string): CodedError {
  return new CodedError('PLIM_FAULT_REFUSED', message);
}
