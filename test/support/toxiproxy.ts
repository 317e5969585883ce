/**
 * A Toxiproxy to test against: ours in this process, or the server that
 * `PLIMSOLL_TOXIPROXY` names, so that the same suites hold both to the same words.
 */
import { createServer, request as rawRequest, type Server } from 'node:http';
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { systemClock } from '#base/real/clock.ts';
import { seededRandom } from '#base/sim/random.ts';
import { answerNotFound, toxiproxyApi } from '#chaos/proxy/api.ts';
import { createProxySet, type ProxySet } from '#chaos/proxy/proxy-set.ts';
import { until } from '#test/support/wait.ts';

/** The address of another Toxiproxy; undefined for ours. */
export const OTHER_TOXIPROXY = process.env['PLIMSOLL_TOXIPROXY'];

export interface ApiAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** The JSON of `answer`, without `Logger`: a field upstream shows by a slip. */
export function bodyOf(answer: ApiAnswer): unknown {
  return JSON.parse(answer.text, (key, value: unknown) => (key === 'Logger' ? undefined : value));
}

export class Toxiproxy implements AsyncDisposable {
  readonly url: string;
  /** Undefined for another one. */
  readonly set: ProxySet | undefined;
  readonly #server: Server | undefined;

  private constructor(url: string, set?: ProxySet, server?: Server) {
    this.url = url;
    this.set = set;
    this.#server = server;
  }

  static async start(options: { readonly connectionsMax?: number } = {}): Promise<Toxiproxy> {
    return OTHER_TOXIPROXY === undefined
      ? await Toxiproxy.ours(options)
      : await Toxiproxy.#other(OTHER_TOXIPROXY);
  }

  /** Ours in any case, for what no other one has. */
  static async ours(options: { readonly connectionsMax?: number } = {}): Promise<Toxiproxy> {
    const set = createProxySet({ clock: systemClock, random: seededRandom(1), ...options });
    const api = toxiproxyApi(set);
    const server = createServer((request, response) => {
      if (!api(request, response)) answerNotFound(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Toxiproxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, set, server);
  }

  static async #other(url: string): Promise<Toxiproxy> {
    const other = new Toxiproxy(url);
    await other.#clear();
    return other;
  }

  /** As a client that is no browser sends it. */
  call(method: string, path: string, body?: unknown, agent = 'test'): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const request = rawRequest(this.url + path, { method, headers: { 'user-agent': agent } });
      request.on('error', reject);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }),
        );
      });
      request.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  /** The JSON of an answer that must have `status`. */
  async json(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.text === '' ? {} : (bodyOf(answer) as Record<string, unknown>);
  }

  /** A proxy before `port`, and the port it listens on. */
  async proxyTo(port: number, name = 'p'): Promise<number> {
    const made = await this.json('POST', '/proxies', {
      name,
      listen: '127.0.0.1:0',
      upstream: `127.0.0.1:${port}`,
    });
    return Number(String(made['listen']).split(':').at(-1));
  }

  async addToxic(type: string, attributes: object, more: object = {}): Promise<void> {
    await this.json('POST', '/proxies/p/toxics', { type, name: type, attributes, ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server === undefined) return await this.#clear();
    await this.set?.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #clear(): Promise<void> {
    for (const name of Object.keys(await this.json('GET', '/proxies'))) {
      await this.json('DELETE', `/proxies/${name}`);
    }
  }
}

/** A server that hands its connections to `serve`. */
export class TcpEnd implements AsyncDisposable {
  readonly port: number;
  readonly sockets = new Set<Socket>();
  readonly #server: TcpServer;

  private constructor(server: TcpServer) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async listen(serve: (socket: Socket) => void): Promise<TcpEnd> {
    const server = createTcpServer({ allowHalfOpen: true, noDelay: true }, serve);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpEnd(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A connection that writes down what it sees. */
export class TcpClient implements AsyncDisposable {
  readonly socket: Socket;
  received = '';
  /** `end`, an error code, or `close`, in the order they came. */
  readonly events: string[] = [];
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (this.received += text));
    socket.on('end', () => this.events.push('end'));
    socket.on('error', (error) => this.events.push('code' in error ? String(error.code) : error.message));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async connect(port: number): Promise<TcpClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const client = new TcpClient(socket);
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve);
      socket.once('close', () => resolve());
    });
    return client;
  }

  /** Resolves when `length` characters have come since the start, or the connection has closed. */
  async read(length: number): Promise<string> {
    while (this.received.length < length && !this.socket.closed) {
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.closed]);
    }
    return this.received;
  }

  /** The events, once there is one. */
  async ended(): Promise<readonly string[]> {
    await until('the connection to end', () => this.events.length > 0, { timeoutMs: 10_000, everyMs: 2 });
    return this.events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}
