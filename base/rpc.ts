/**
 * Calls between threads and processes: an interface of asynchronous methods on
 * one side, the same interface on the other. Arguments and results are
 * structured clones. An `AbortSignal` may be the last argument; aborting it
 * aborts the signal the served method sees.
 */
import { CodedError, ERRORS, errorText, type ErrorCode } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';

/** A two-way message channel: a worker's port or a child's IPC pipe. */
export interface RpcPort {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once when the other side is gone. */
  onClose(listener: () => void): void;
}

type Message =
  | {
      readonly rpc: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
      readonly abortable: boolean;
    }
  | { readonly rpc: 'abort'; readonly id: number }
  | { readonly rpc: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly rpc: 'error';
      readonly id: number;
      readonly code: string | undefined;
      readonly message: string;
    };

/** The methods of `Api` that can be called across a port. */
export type Remote<Api> = {
  readonly [
    Name in keyof Api as Api[Name] extends (...args: never[]) => Promise<unknown> ? Name : never
  ]: Api[Name];
};

/** Calls waiting for an answer, per port: more are refused, so that a stuck peer costs bounded memory. */
export const RPC_CALLS_IN_FLIGHT_MAX = 10_000;

/** Answers calls on `port` with the methods of `api`. */
export function serveRpc<Api extends object>(port: RpcPort, api: Api): void {
  const running = new Map<number, AbortController>();
  port.onMessage((raw) => {
    const message = asMessage(raw);
    if (message?.rpc === 'abort') running.get(message.id)?.abort(new Error('aborted by the caller'));
    if (message?.rpc === 'call') void answer(message);
  });
  port.onClose(() => {
    for (const controller of running.values()) controller.abort(new Error('the caller is gone'));
  });

  async function answer(call: Extract<Message, { rpc: 'call' }>): Promise<void> {
    const controller = new AbortController();
    running.set(call.id, controller);
    try {
      const method: unknown = Reflect.get(api, call.method);
      invariant(typeof method === 'function', `the served interface has no method ${call.method}`);
      const args = call.abortable ? [...call.args, controller.signal] : call.args;
      const value: unknown = await Reflect.apply(method, api, args);
      port.post({ rpc: 'result', id: call.id, value } satisfies Message);
    } catch (error) {
      const code = error instanceof CodedError ? error.code : undefined;
      port.post({ rpc: 'error', id: call.id, code, message: errorText(error) } satisfies Message);
    } finally {
      running.delete(call.id);
    }
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * A client for the interface served on the other side of `port`. When the other
 * side is gone every call rejects with `PLIM_STORE_UNAVAILABLE`.
 */
export function connectRpc<Api extends object>(port: RpcPort, peer: string): Remote<Api> {
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let closed = false;
  const gone = (): CodedError =>
    new CodedError(
      'PLIM_STORE_UNAVAILABLE',
      `${peer} is not running; it is restarted, try again in a moment`,
    );

  port.onMessage((raw) => {
    const message = asMessage(raw);
    if (message?.rpc !== 'result' && message?.rpc !== 'error') return;
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.rpc === 'result') call?.resolve(message.value);
    else call?.reject(revive(message.code, message.message));
  });
  port.onClose(() => {
    closed = true;
    for (const call of waiting.values()) call.reject(gone());
    waiting.clear();
  });

  function call(method: string, args: unknown[]): Promise<unknown> {
    if (closed) return Promise.reject(gone());
    if (waiting.size >= RPC_CALLS_IN_FLIGHT_MAX) {
      return Promise.reject(new CodedError('PLIM_OVERLOADED', `${peer} has ${waiting.size} calls waiting`));
    }
    const id = nextId++;
    const last = args.at(-1);
    const signal = last instanceof AbortSignal ? last : undefined;
    const sent = args.slice(0, args.findLastIndex((arg) => arg !== undefined && arg !== signal) + 1);
    const abortable = signal !== undefined;
    if (abortable) while (sent.length < args.length - 1) sent.push(undefined);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        port.post({ rpc: 'abort', id } satisfies Message);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const done = (): void => signal?.removeEventListener('abort', onAbort);
      waiting.set(id, {
        resolve: (value) => (done(), resolve(value)),
        reject: (error) => (done(), reject(error)),
      });
      try {
        port.post({ rpc: 'call', id, method, args: sent, abortable } satisfies Message);
      } catch (error) {
        // An argument cannot be cloned: the call never left.
        waiting.delete(id);
        done();
        reject(error instanceof Error ? error : new Error(errorText(error)));
        return;
      }
      if (signal?.aborted) onAbort();
    });
  }

  return new Proxy(Object.create(null) as Remote<Api>, {
    get: (_target, name) =>
      typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name, args) : undefined,
  });
}

function revive(code: string | undefined, message: string): Error {
  return code !== undefined && code in ERRORS
    ? new CodedError(code as ErrorCode, message)
    : new Error(message);
}

function asMessage(raw: unknown): Message | undefined {
  return typeof raw === 'object' && raw !== null && 'rpc' in raw ? (raw as Message) : undefined;
}
