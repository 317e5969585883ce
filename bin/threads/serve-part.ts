/**
 * What every thread and child process does alike: wait for its options, start
 * its room, answer calls, hand over its metrics, stop when told.
 */
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { MetricFamily } from '#base/metrics.ts';
import { serveRpc, type RpcPort } from '#base/rpc.ts';
import { invariant } from '#base/invariant.ts';

/** What a part gives back once it runs. */
export interface RunningPart<Info> {
  /** Sent to the main thread as the answer to `boot`. */
  readonly info: Info;
  /** Its asynchronous methods can be called from the main thread. */
  readonly api: object;
  collect(): Promise<readonly MetricFamily[]>;
  close(): Promise<void>;
}

/** The calls every part answers beside those of its own interface. */
export interface PartLifecycle<Options, Info> {
  /** Once, first. */
  boot(options: Options): Promise<Info>;
  collect(): Promise<readonly MetricFamily[]>;
  /** Flushes and stops; the thread may be ended afterwards. */
  close(): Promise<void>;
}

export function servePart<Options, Info>(
  port: RpcPort,
  start: (options: Options) => Promise<RunningPart<Info>>,
): void {
  let running: RunningPart<Info> | undefined;
  const lifecycle: PartLifecycle<Options, Info> = {
    async boot(options) {
      invariant(running === undefined, 'a part boots once');
      running = await start(options);
      return running.info;
    },
    collect: async () => (await running?.collect()) ?? [],
    close: async () => {
      await running?.close();
    },
  };
  serveRpc(
    port,
    new Proxy(lifecycle, {
      get(target, name): unknown {
        if (Object.hasOwn(target, name)) return Reflect.get(target, name);
        const api = running?.api;
        const method: unknown = api === undefined ? undefined : Reflect.get(api, name);
        return typeof method === 'function'
          ? (...args: unknown[]): unknown => Reflect.apply(method, api, args)
          : undefined;
      },
    }),
  );
}

/** A part whose loop has failed for good ends itself, and is started again with fresh state. */
export function dieWith(finished: Promise<void>, log: Logger): void {
  finished.catch((error: unknown) => {
    log.error(
      { error: errorText(error), stack: error instanceof Error ? error.stack : '' },
      'stopped by an error',
    );
    process.exit(1);
  });
}
