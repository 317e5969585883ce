/** RPC over what Node offers: worker threads and forked processes. */
import type { ChildProcess } from 'node:child_process';
import { type MessagePort, parentPort, type Worker } from 'node:worker_threads';
import { invariant } from '#base/invariant.ts';
import type { RpcPort } from '#base/rpc.ts';

/** The main thread's side of a worker. */
export function workerPort(worker: Worker): RpcPort {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onClose: (listener) => void worker.once('exit', listener),
  };
}

/** Either end of a MessageChannel. */
export function channelPort(port: MessagePort): RpcPort {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => void port.on('message', listener),
    onClose: (listener) => void port.once('close', listener),
  };
}

/** A worker's side. @throws InvariantError on the main thread */
export function parentThreadPort(): RpcPort {
  const port = parentPort;
  invariant(port !== null, 'this file runs as a worker thread only');
  return channelPort(port);
}

/** The parent's side of a process forked with `serialization: 'advanced'`. */
export function childPort(child: ChildProcess): RpcPort {
  return {
    post: (message) => {
      // A child that died between two messages is reported by its exit, not here.
      if (child.connected) child.send(message as object, () => {});
    },
    onMessage: (listener) => void child.on('message', listener),
    onClose: (listener) => void child.once('exit', listener),
  };
}

/** A forked process's side. @throws InvariantError without an IPC channel */
export function parentProcessPort(): RpcPort {
  invariant(process.send !== undefined, 'this file runs as a forked process only');
  return {
    post: (message) => {
      if (process.connected) process.send?.(message);
    },
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.once('disconnect', listener),
  };
}
