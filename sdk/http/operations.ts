/** `/livez`, `/readyz` and `/metrics` of a service: for orchestrators and scrapes, never traced. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OPERATIONAL_PATHS, pathOf } from '#sdk/http/paths.ts';
import { isStopping } from '#sdk/http/stopping.ts';
import { exposition } from '#sdk/metrics/registry.ts';

export interface OperationsOptions {
  /** Whether requests are welcome. A stop that has begun says no by itself; what throws means no. */
  readonly ready?: () => boolean | Promise<boolean>;
}

/** A request handler for Express, or for anything that calls one as it does. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

const PLAIN = 'text/plain; charset=utf-8';

/** Put it before all else: it answers its three paths, `GET` and `HEAD`, and passes on the rest. */
export function operations({ ready = () => true }: OperationsOptions = {}): RequestHandler {
  return (request, response, next) => {
    const answer =
      request.method === 'GET' || request.method === 'HEAD' ? answerFor(request, ready) : undefined;
    if (answer === undefined) {
      next();
      return;
    }
    void send(answer, { request, response, next });
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly next: (error?: unknown) => void;
}

async function send(answer: Promise<Answer>, { request, response, next }: Exchange): Promise<void> {
  try {
    const { status, mediaType, text } = await answer;
    response.writeHead(status, { 'content-type': mediaType, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : text);
  } catch (error) {
    next(error);
  }
}

interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

function answerFor(
  request: IncomingMessage,
  ready: () => boolean | Promise<boolean>,
): Promise<Answer> | undefined {
  switch (pathOf(request.url ?? '')) {
    case OPERATIONAL_PATHS.live:
      return Promise.resolve({ status: 200, mediaType: PLAIN, text: 'live\n' });
    case OPERATIONAL_PATHS.ready:
      return readiness(ready);
    case OPERATIONAL_PATHS.metrics:
      return scrape(request.headers.accept ?? '');
    default:
      return undefined;
  }
}

async function scrape(accept: string): Promise<Answer> {
  return { status: 200, ...(await exposition(accept)) };
}

async function readiness(ready: () => boolean | Promise<boolean>): Promise<Answer> {
  let isReady = false;
  try {
    isReady = !isStopping() && (await ready());
  } catch {
    // Who cannot say whether it is ready is not.
  }
  return isReady
    ? { status: 200, mediaType: PLAIN, text: 'ready\n' }
    : { status: 503, mediaType: PLAIN, text: 'not ready\n' };
}
