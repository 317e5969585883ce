/**
 * The six ways a process ends. Falling off the end, `process.exit`, an uncaught
 * exception and an unhandled rejection run `exit` handlers: the last words go
 * there. A signal nobody handles runs none: it is taken here, what waits is
 * sent, and the signal is raised again, so that the status is what it would have
 * been. Where the application handles a signal, it decides.
 */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface Endings {
  /** At a signal; may take its time, within limits. */
  readonly flush: () => Promise<void>;
  /** In the `exit` handler; has to be done when it returns. */
  readonly lastWords: () => void;
  /** Told of what ends the process, before it does. */
  readonly onCrash: (error: unknown) => void;
}

export function watchExits({ flush, lastWords, onCrash }: Endings): void {
  process.on('uncaughtExceptionMonitor', onCrash);
  process.on('exit', lastWords);
  for (const signal of SIGNALS) {
    let isEnding = false;
    const onSignal = (): void => {
      if (isEnding || process.listenerCount(signal) > 1) return;
      isEnding = true;
      const raiseAgain = (): void => {
        process.removeListener(signal, onSignal);
        process.kill(process.pid, signal);
      };
      flush().then(raiseAgain, raiseAgain);
    };
    process.on(signal, onSignal);
  }
}
