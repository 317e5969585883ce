/** Being told to stop: by a signal, which one Ctrl-C may send up to three times. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** From the terminal, npm and the launcher. */
const REPEAT_MS = 1000;

/**
 * Resolves at the first signal; a later one, after the repeats, ends the process
 * at once, and so does a stop that takes longer than `limitMs` from then on.
 */
export function stopSignal(limitMs: number): Promise<string> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (firstAtMs === undefined) {
          firstAtMs = performance.now();
          limitStop(limitMs);
        }
        if (performance.now() - firstAtMs > REPEAT_MS) process.exit(130);
        resolve(signal);
      });
    }
  });
}

/** Cuts the stop short when it takes longer than `limitMs`. */
export function limitStop(limitMs: number): void {
  const giveUp = (): void => {
    process.stderr.write('plimsoll: the stop took too long; what was acknowledged is on disk\n');
    process.exit(1);
  };
  setTimeout(giveUp, limitMs).unref();
}
