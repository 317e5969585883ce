/** A destination that is away until it is opened: so that what is sent to it waits at its sender first. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { freePort } from '#test/engines/ports.ts';

export class Gate implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #firstMs: number | undefined;

  private constructor(port: number, target: URL) {
    this.port = port;
    this.#server = createServer((near) => {
      this.#firstMs ??= performance.now();
      const far = connect(Number(target.port), target.hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {
          near.destroy();
          far.destroy();
        });
        socket.once('close', () => this.#sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
  }

  /** Nothing listens yet. */
  static async before(url: string): Promise<Gate> {
    return new Gate(await freePort(), new URL(url));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** When the first connection came, as of `performance.now()`. */
  get firstMs(): number | undefined {
    return this.#firstMs;
  }

  async open(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}
