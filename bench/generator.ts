/**
 * The load generator, a process of its own: N keep-alive connections, each with
 * one request in flight (closed loop). It speaks HTTP/1.1 over plain sockets,
 * because a full client would cost more than the server under test.
 *
 * Takes its settings as JSON in the first argument; prints `begin` and `end`
 * around the measured window and then the {@link LoadReport} as JSON.
 */
import { connect, type Socket } from 'node:net';
import { invariant, present } from '#base/invariant.ts';
import { payloadA } from '#bench/payload.ts';
import type { LoadReport, LoadSettings } from '#bench/load.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

class Load {
  readonly #settings: LoadSettings;
  readonly #requests: readonly Buffer[];
  readonly #latenciesMs: number[] = [];
  readonly #statuses: Record<string, number> = {};
  #ackedTotal = 0;
  #ackedInWindow = 0;
  #next = 0;
  #phase: 'warm-up' | 'window' | 'draining' = 'warm-up';

  constructor(settings: LoadSettings) {
    this.#settings = settings;
    this.#requests = payloadA(settings.spans).map((body) => frame(settings.url, body));
  }

  async run(): Promise<LoadReport> {
    const { connections, warmUpMs, windowMs } = this.#settings;
    const running = Array.from({ length: connections }, () => this.#connection());
    await pause(warmUpMs);
    process.stdout.write('begin\n');
    const startMs = performance.now();
    this.#phase = 'window';
    await pause(windowMs);
    this.#phase = 'draining';
    const tookMs = performance.now() - startMs;
    process.stdout.write('end\n');
    await Promise.all(running);
    return {
      ackedTotal: this.#ackedTotal * this.#settings.spans,
      ackedInWindow: this.#ackedInWindow * this.#settings.spans,
      windowMs: tookMs,
      latencyMsP50: quantile(this.#latenciesMs, 0.5),
      latencyMsP99: quantile(this.#latenciesMs, 0.99),
      statuses: this.#statuses,
      bodyBytes: present(this.#requests[0], 'there are bodies').length,
    };
  }

  /** One connection from its first request to its last answer. */
  #connection(): Promise<void> {
    const url = new URL(this.#settings.url);
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    return new Promise((resolve, reject) => {
      const answers = new Answers((status, bodyLength) => {
        this.#note(status, bodyLength, performance.now() - sentMs);
        if (this.#phase === 'draining') socket.end(resolve);
        else sentMs = this.#send(socket);
      });
      let sentMs = 0;
      socket.on('connect', () => (sentMs = this.#send(socket)));
      socket.on('data', (chunk: Buffer) => answers.take(chunk));
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed a connection')));
    });
  }

  #send(socket: Socket): number {
    const request = present(this.#requests[this.#next % this.#requests.length], 'there are bodies');
    this.#next += 1;
    socket.write(request);
    return performance.now();
  }

  #note(status: number, bodyLength: number, latencyMs: number): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (status !== 200) return;
    // A body would be a partial success: this payload has nothing to refuse.
    invariant(bodyLength === 0, 'every span is accepted');
    this.#ackedTotal += 1;
    if (this.#phase !== 'window') return;
    this.#ackedInWindow += 1;
    this.#latenciesMs.push(latencyMs);
  }
}

/** Cuts a stream of HTTP/1.1 answers with Content-Length. */
class Answers {
  readonly #onAnswer: (status: number, bodyLength: number) => void;
  #pending: Buffer = Buffer.alloc(0);

  constructor(onAnswer: (status: number, bodyLength: number) => void) {
    this.#onAnswer = onAnswer;
  }

  take(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const headEnd = this.#pending.indexOf(HEAD_END);
      if (headEnd === -1) return;
      const head = this.#pending.toString('latin1', 0, headEnd);
      const length = Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0);
      const end = headEnd + HEAD_END.length + length;
      if (this.#pending.length < end) return;
      this.#pending = this.#pending.subarray(end);
      // `HTTP/1.1 200 …`
      this.#onAnswer(Number(head.slice(9, 12)), length);
    }
  }
}

function frame(url: string, body: Uint8Array): Buffer {
  const { host, pathname } = new URL(url);
  const head =
    `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-protobuf\r\n` +
    `Content-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const settings = JSON.parse(present(process.argv[2], 'settings come as JSON')) as LoadSettings;
const report = await new Load(settings).run();
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
