/**
 * Leases: how long a fault may go on without a word from whoever injected it.
 * Times are monotonic milliseconds of one clock; a jump of the wall clock
 * neither ends a fault nor keeps it.
 */

/** Without other wish a fault ends this long after its injector was last heard. */
export const LEASE_MS_DEFAULT = 2000;
/** Shorter than two renewals of a busy machine, and every hiccup would end a fault. */
export const LEASE_MS_MIN = 200;
/** Longer, and a dead injector's fault would outlive people's patience. */
export const LEASE_MS_MAX = 60_000;
/** Three renewals may be lost before a fault ends. */
const RENEWALS_PER_LEASE = 4;
/** The longest time a fault may run that nobody renews. */
export const FIXED_MS_MAX = 10 * 60_000;

/**
 * - `renewed`: ends `leaseMs` after the last renewal;
 * - `fixed`: ends after a time stated at the start; renewing changes nothing.
 */
export type Lease =
  | { readonly kind: 'renewed'; readonly leaseMs: number; readonly expiresMs: number }
  | { readonly kind: 'fixed'; readonly expiresMs: number };

export function renewedLease(nowMs: number, leaseMs: number): Lease {
  return { kind: 'renewed', leaseMs, expiresMs: nowMs + leaseMs };
}

export function fixedLease(nowMs: number, forMs: number): Lease {
  return { kind: 'fixed', expiresMs: nowMs + forMs };
}

/** The lease after its holder was heard at `nowMs`. One that has expired stays expired. */
export function renew(lease: Lease, nowMs: number): Lease {
  if (lease.kind === 'fixed' || isExpired(lease, nowMs)) return lease;
  return renewedLease(nowMs, lease.leaseMs);
}

export function isExpired(lease: Lease, nowMs: number): boolean {
  return nowMs >= lease.expiresMs;
}

/** Whoever holds a lease of `leaseMs` renews it this often: every 0.5 s by default. */
export function renewEveryMs(leaseMs: number): number {
  return leaseMs / RENEWALS_PER_LEASE;
}

/** Milliseconds left; 0 once expired. */
export function remainingMs(lease: Lease, nowMs: number): number {
  return Math.max(0, lease.expiresMs - nowMs);
}
