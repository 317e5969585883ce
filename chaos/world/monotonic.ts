/** The machine's monotonic clock, the same in every process of it. */

/** Milliseconds of CLOCK_MONOTONIC (clock_gettime(2)); not from the start of this process. */
export function machineMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
