/**
 * The users' own HTTP client: one pool of kept connections, no tracing, and no
 * second chance for an answer that is slow or wrong. What the user saw is told
 * as it is.
 */
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';

export interface UserAnswer {
  /** 0 when there was no answer. */
  readonly status: number;
  /** Parsed; undefined when there was none, or none in JSON. */
  readonly body: unknown;
  /** System error code when there was no answer. */
  readonly error: string | undefined;
}

export interface UserCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An answer of the gateway is a few hundred bytes. */
const BODY_BYTES_MAX = 65_536;
/** Kept ready between requests; above it connections are made anew. */
const IDLE_CONNECTIONS_MAX = 256;

export class UserClient implements Disposable {
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #agent: Agent;
  #isClosed = false;

  /** @param connectionsMax never below the requests under way, so that none waits for a connection unseen */
  constructor(gateway: string, options: { readonly timeoutMs: number; readonly connectionsMax: number }) {
    this.#url = new URL(gateway);
    this.#timeoutMs = options.timeoutMs;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: options.connectionsMax,
      maxFreeSockets: IDLE_CONNECTIONS_MAX,
      scheduling: 'lifo',
    });
  }

  /** Never rejects. */
  call(call: UserCall): Promise<UserAnswer> {
    const { promise, resolve } = Promise.withResolvers<UserAnswer>();
    let sent: ClientRequest | undefined;
    let isOver = false;
    const finish = (answer: UserAnswer): void => {
      isOver = true;
      clearTimeout(timer);
      resolve(answer);
    };
    const fail = (error: Error): void => finish({ status: 0, body: undefined, error: codeOf(error) });
    const timer = setTimeout(() => {
      finish({ status: 0, body: undefined, error: 'ETIMEDOUT' });
      sent?.destroy();
    }, this.#timeoutMs);
    const attempt = (isSecond: boolean): void => {
      const made = this.#send(call, (response) => readBody(response, finish, fail));
      sent = made;
      made.on('error', (error) => {
        if (isOver) return;
        // The server closed an idle connection just when it was taken up again: every
        // browser asks once more (RFC 9112 §9.3.1), and no request of ours does harm twice.
        if (made.reusedSocket && !isSecond && !this.#isClosed && codeOf(error) === 'ECONNRESET')
          attempt(true);
        else fail(error);
      });
    };
    attempt(false);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  #send(call: UserCall, onResponse: (response: IncomingMessage) => void): ClientRequest {
    const text = call.body === undefined ? undefined : JSON.stringify(call.body);
    const length = text === undefined ? {} : contentHeaders(text);
    const sent = request(
      {
        host: this.#url.hostname,
        port: this.#url.port,
        agent: this.#agent,
        method: call.method,
        path: call.path,
        headers: { accept: 'application/json', ...call.headers, ...length },
      },
      onResponse,
    );
    sent.end(text);
    return sent;
  }
}

function contentHeaders(text: string): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
}

function readBody(
  response: IncomingMessage,
  finish: (answer: UserAnswer) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  });
  response.once('end', () => {
    const body = bytes > BODY_BYTES_MAX ? undefined : parsed(Buffer.concat(chunks));
    finish({ status: response.statusCode ?? 0, body, error: undefined });
  });
  // Cut off in the middle: the user has nothing, whatever the status line said.
  response.once('error', fail);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
