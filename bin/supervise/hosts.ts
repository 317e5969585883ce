/** Launching: worker threads and the forked child, each as a {@link Host}. */
import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { errorText } from '#base/errors.ts';
import { childPort, workerPort } from '#base/real/rpc-ports.ts';
import type { Host } from '#bin/supervise/part.ts';

/** A worker thread running `file`. */
export function launchWorker(name: string, file: URL, heapMiBMax: number): Host {
  const worker = new Worker(file, { name, resourceLimits: { maxOldGenerationSizeMb: heapMiBMax } });
  let failure = '';
  worker.on('error', (error) => {
    failure = errorText(error);
  });
  const exited = new Promise<string>((resolve) => {
    worker.once('exit', (code) => resolve(failure === '' ? `exit code ${code}` : failure));
  });
  return {
    port: workerPort(worker),
    exited,
    kill: async () => {
      await worker.terminate();
    },
  };
}

/**
 * A process running `file`, tied to this one by its IPC channel: when we are
 * gone the channel closes and it ends itself.
 */
export function launchChild(file: URL): Host & { readonly pid: number | undefined } {
  const child = fork(file, {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Its own process group: a Ctrl-C reaches the main process, which stops it in order.
    detached: true,
  });
  let failure = '';
  child.on('error', (error) => {
    failure = errorText(error);
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(failure || (signal ?? `exit code ${String(code)}`)));
  });
  return {
    pid: child.pid,
    port: childPort(child),
    exited,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
