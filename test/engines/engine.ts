/**
 * A real engine as a test sees it: where it answers, and how to end and revive
 * it. The files beside this one each start one engine; see test/README.md.
 */

export interface Engine extends AsyncDisposable {
  /** As in the name of its file: `kafka`. */
  readonly name: string;
  /** As the server or its packaging tells it; `unknown` where neither does. */
  readonly version: string;
  /** `http://127.0.0.1:PORT`; `127.0.0.1:PORT` for Kafka, `mysql://root@127.0.0.1:PORT` for MariaDB. */
  readonly url: string;
  /** Of the server itself; another one after {@link start}. 0 when it was running before us. */
  readonly pid: number;
  /** SIGKILL; resolves when the server is gone. */
  kill(): Promise<void>;
  /**
   * SIGTERM; resolves when the server is gone.
   *
   * @throws Error with the end of its log when it does not end; it is killed then
   */
  stop(): Promise<void>;
  /**
   * Once more, on the same port and the same data; resolves when it answers.
   *
   * @throws Error with the end of its log when it does not become ready
   */
  start(): Promise<void>;
}

/** Why an engine is not to be had here: the reason of a counted skip. */
export interface Missing {
  readonly missing: string;
}

export type EngineAnswer = Engine | Missing;

export function isMissing(answer: object): answer is Missing {
  return 'missing' in answer;
}

/**
 * The engine that `PLIMSOLL_TEST_<NAME>_URL` says is running already; undefined
 * without that variable. It is not ours: ending or starting it throws, disposing
 * of it leaves it alone.
 */
export function runningEngine(name: string, url?: string): Engine | undefined {
  const variable = `PLIMSOLL_TEST_${name.toUpperCase()}_URL`;
  const given = url ?? process.env[variable];
  if (given === undefined || given === '') return undefined;
  const refuse = (): Promise<never> =>
    Promise.reject(
      new Error(`${name} at ${given} was running before this test (${variable}): not ours to end`),
    );
  return {
    name,
    version: 'unknown',
    url: given.replace(/\/$/, ''),
    pid: 0,
    kill: refuse,
    stop: refuse,
    start: refuse,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
