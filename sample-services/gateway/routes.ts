/** The company's public interface; what is behind it is nobody's business outside. */
import { randomUUID } from 'node:crypto';
import type { Express, NextFunction, Request, Response } from 'express';
import type { RateLimit } from '#sample-services/gateway/core/rate-limit.ts';
import { TOKEN_TTL_S, type Tokens } from '#sample-services/gateway/tokens.ts';
import { Deadline } from '#sample-services/lib/core/deadline.ts';
import { readLoad } from '#sample-services/lib/core/freight.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import { monotonicMs, pathPart } from '#sample-services/lib/http.ts';
import type { Peer, PeerAnswer } from '#sample-services/lib/peer.ts';

export interface Upstreams {
  readonly quotes: Peer;
  readonly shipments: Peer;
  readonly tracking: Peer;
}

export interface GatewayOptions {
  readonly tokens: Tokens;
  readonly rateLimit: RateLimit;
  readonly upstreams: Upstreams;
  /** A customer waits that long for anything. */
  readonly deadlineMs: number;
}

/** What a request has been found to be. */
interface Customer {
  readonly client: string;
  readonly headers: Readonly<Record<string, string>>;
}

const REQUEST_ID = /^[\w-]{1,64}$/;

/** Gives every request an id that it keeps on its way through the company. */
export function nameRequest(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id') ?? '';
  response.set('x-request-id', REQUEST_ID.test(given) ? given : randomUUID());
  next();
}

export function gatewayRoutes(app: Express, options: GatewayOptions): void {
  const { tokens, rateLimit, upstreams, deadlineMs } = options;
  const { quotes, shipments, tracking } = upstreams;
  const deadline = (): Deadline => new Deadline(deadlineMs, monotonicMs);

  async function admit(request: Request, response: Response): Promise<Customer> {
    const client = await tokens.clientOf(request.get('authorization'));
    rateLimit.check(client, monotonicMs());
    const requestId = response.get('x-request-id') ?? '';
    return { client, headers: { 'x-client-id': client, 'x-request-id': requestId } };
  }

  app.post('/token', async (request, response) => {
    const input = new Input(request.body);
    const credentials = { clientId: input.text('client_id'), clientSecret: input.text('client_secret') };
    input.check();
    rateLimit.check('', monotonicMs());
    response.set('cache-control', 'no-store').json({
      access_token: await tokens.issue(credentials),
      token_type: 'Bearer',
      expires_in: TOKEN_TTL_S,
    });
  });

  app.post('/quotes', async (request, response) => {
    const { headers } = await admit(request, response);
    const input = new Input(request.body);
    const body = readLoad(input);
    input.check();
    // Asking for a price twice costs nobody anything.
    const call = { method: 'POST', path: '/quotes', body, headers, isIdempotent: true } as const;
    const answer = await quotes.call({ ...call, deadline: deadline() });
    relay(answer, response, ['quote_id', 'price_cents', 'currency', 'expires_at']);
  });

  app.post('/shipments', async (request, response) => {
    const { headers } = await admit(request, response);
    const input = new Input(request.body);
    const body = { quote_id: input.text('quote_id') };
    const key = request.get('idempotency-key');
    if (key === undefined) input.reject('Idempotency-Key', 'must be a header of 1 to 100 visible characters');
    input.check();
    const answer = await shipments.call({
      method: 'POST',
      path: '/shipments',
      body,
      headers: { ...headers, 'idempotency-key': key ?? '' },
      deadline: deadline(),
      isIdempotent: true,
    });
    relay(answer, response, ['shipment_id', 'state', 'carrier']);
  });

  const read = (peer: Peer, path: string, fields: readonly string[]) =>
    async function readOne(request: Request, response: Response): Promise<void> {
      const { headers } = await admit(request, response);
      const id = encodeURIComponent(pathPart(request, 'id'));
      const call = { method: 'GET', path: `${path}/${id}`, headers, isIdempotent: true } as const;
      relay(await peer.call({ ...call, deadline: deadline() }), response, fields);
    };
  app.get(
    '/shipments/:id',
    read(shipments, '/shipments', ['shipment_id', 'state', 'carrier', 'origin', 'destination']),
  );
  app.get('/shipments/:id/tracking', read(tracking, '/shipments', ['milestones', 'position']));
}

/** Only the fields that are public leave the company. */
function relay({ status, body }: PeerAnswer, response: Response, fields: readonly string[]): void {
  const answer = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (status < 400) {
    response.status(status).json(Object.fromEntries(fields.map((field) => [field, answer[field]])));
    return;
  }
  const { title, detail } = answer;
  throw new Problem(status, typeof title === 'string' ? title : 'Refused', {
    detail: typeof detail === 'string' ? detail : 'the request was refused',
  });
}
