/** A webhook receiver on loopback: remembers what came, answers what it is told to. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface WebhookCall {
  /** Wall clock, milliseconds since the epoch. */
  readonly atMs: number;
  /** `Idempotency-Key`, '' when missing. */
  readonly key: string;
  readonly body: WebhookBody;
}

/** The parts of Alertmanager's v4 payload that tests look at. */
export interface WebhookBody {
  readonly version?: string;
  readonly status: 'firing' | 'resolved';
  readonly groupKey: string;
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly startsAt: string;
    readonly fingerprint: string;
  }[];
  readonly [other: string]: unknown;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Webhook extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly WebhookCall[];
  /** From now on; by the number of the call, from 0. Default: always 200. */
  answer(by: (index: number) => WebhookAnswer): void;
}

export async function startWebhook(): Promise<Webhook> {
  const calls: WebhookCall[] = [];
  let answerBy: (index: number) => WebhookAnswer = () => ({ status: 200 });
  const server = createServer(async (request, response) => {
    const atMs = Date.now();
    const body = JSON.parse((await buffer(request)).toString('utf8')) as WebhookBody;
    const { status, headers } = answerBy(calls.length);
    calls.push({ atMs, key: String(request.headers['idempotency-key'] ?? ''), body });
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`,
    calls,
    answer: (by) => void (answerBy = by),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
