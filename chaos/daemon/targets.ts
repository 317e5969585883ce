/** The targets as `demo.json` has them now, and who changed since. */
import { readFileSync } from 'node:fs';
import { CodedError } from '#base/errors.ts';
import {
  parseDemoFile,
  targetNamed,
  unknownTarget,
  type DemoFile,
  type Target,
} from '#chaos/core/targets.ts';
import type { Network, Processes } from '#chaos/faults/fault.ts';

/** How soon a restarted target is struck again. */
export const LOOK_EVERY_MS = 50;

export class Targets {
  readonly #file: string | undefined;

  /** @param file path of demo.json; without one nothing has a process */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Undefined while there is no such file. @throws CodedError `PLIM_DEMO_FILE` */
  read(): DemoFile | undefined {
    if (this.#file === undefined) return undefined;
    try {
      return parseDemoFile(this.#file, readFileSync(this.#file, 'utf8'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * A target whose process may be struck.
   *
   * @throws CodedError `PLIM_TARGET_REFUSED`
   */
  process(name: string, processes: Processes): Target {
    const demo = this.read();
    if (demo === undefined) throw unknownTarget(name, []);
    const target = targetNamed(demo, name);
    const refusal = whyNotOwn(target, demo, processes);
    if (refusal !== undefined) throw new CodedError('PLIM_TARGET_REFUSED', refusal);
    return target;
  }

  /**
   * The proxy before a target.
   *
   * @throws CodedError `PLIM_TARGET_REFUSED`
   */
  proxy(name: string, network: Network): string {
    const target = this.read()?.targets.get(name);
    const proxy = target?.proxy ?? name;
    const port = network.upstreamPort(proxy);
    if (port === undefined) throw unknownTarget(name, network.names);
    if (target !== undefined && target.port !== port) {
      const message = `the proxy ${proxy} leads to port ${port}, but ${name} listens on ${target.port}`;
      throw new CodedError('PLIM_TARGET_REFUSED', `${message}; start the demo anew`);
    }
    return proxy;
  }
}

/** Why a process is not one of the demo's own; undefined when it is. */
export function whyNotOwn(target: Target, demo: DemoFile, processes: Processes): string | undefined {
  const { name, process: identity } = target;
  if (!processes.isThere(identity))
    return `process ${identity.pid} is not ${name} (any more); wait until the demo has started it again`;
  if (demo.supervisor === undefined || !processes.isBelow(identity, demo.supervisor))
    return `process ${identity.pid} was not started by the demo's supervisor; only its own processes are struck`;
  return undefined;
}
