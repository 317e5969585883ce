/**
 * Admission at the door, counted in requests and body bytes, before anything is
 * buffered. What was admitted is never given up to make room for another: the
 * newcomer is refused instead. Pure.
 */
import { invariant } from '#base/invariant.ts';

export interface AdmissionLimits {
  readonly bytesMax: number;
  readonly requestsMax: number;
}

/** What one request holds. Closing twice is harmless. */
export interface Ticket {
  /** Sets what this request holds to `bytes`; false, and unchanged, when there is no room. */
  hold(bytes: number): boolean;
  close(): void;
}

export interface Admission {
  readonly bytes: number;
  readonly requests: number;
  /** Undefined when there is no room for one more, or not for so many bytes. */
  enter(bytes: number): Ticket | undefined;
}

export function createAdmission(limits: AdmissionLimits): Admission {
  let bytes = 0;
  let requests = 0;

  function ticket(initialBytes: number): Ticket {
    let held = initialBytes;
    let open = true;
    return {
      hold(wanted) {
        invariant(open, 'a closed ticket holds nothing');
        if (wanted > held && bytes - held + wanted > limits.bytesMax) return false;
        bytes += wanted - held;
        held = wanted;
        return true;
      },
      close() {
        if (!open) return;
        open = false;
        bytes -= held;
        requests -= 1;
        invariant(bytes >= 0 && requests >= 0, 'nothing is given back that was not taken');
      },
    };
  }

  return {
    get bytes() {
      return bytes;
    },
    get requests() {
      return requests;
    },
    enter(wanted) {
      if (requests >= limits.requestsMax || bytes + wanted > limits.bytesMax) return undefined;
      bytes += wanted;
      requests += 1;
      return ticket(wanted);
    },
  };
}

/**
 * Seconds for `Retry-After`, at least one. Spread over twice the base, so that
 * senders that were refused together do not come back together.
 *
 * @param below a source of uniform integers in [0, bound)
 */
export function retryAfterSeconds(baseSeconds: number, below: (bound: number) => number): number {
  return baseSeconds + below(baseSeconds + 1);
}
