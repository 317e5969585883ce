/** Turns the steps of journeys into requests to the gateway, and its answers into what the journey needs next. */
import { drawLoad } from '#sample-services/load/core/journeys.ts';
import type { Attempt, Outcome } from '#sample-services/load/core/generator.ts';
import type { UserAnswer, UserCall } from '#sample-services/load/client.ts';

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** When the answer does not say how long a token lives. */
const TOKEN_LIFE_S = 60;

export function requestOf(attempt: Attempt, credentials: Credentials): UserCall {
  const { step, visit, token } = attempt;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const shipment = `/shipments/${encodeURIComponent(visit.shipmentId ?? '')}`;
  switch (step) {
    case 'POST /token': {
      const body = { client_id: credentials.clientId, client_secret: credentials.clientSecret };
      return { method: 'POST', path: '/token', headers, body };
    }
    case 'POST /quotes':
      return { method: 'POST', path: '/quotes', headers, body: drawLoad(visit.random) };
    case 'POST /shipments': {
      // One booking a quote: sent twice it is still one.
      const key = { 'idempotency-key': keyOf(visit.quoteId ?? '') };
      const body = { quote_id: visit.quoteId };
      return { method: 'POST', path: '/shipments', headers: { ...headers, ...key }, body };
    }
    case 'GET /shipments/:id':
      return { method: 'GET', path: shipment, headers, body: undefined };
    case 'GET /shipments/:id/tracking':
      return { method: 'GET', path: `${shipment}/tracking`, headers, body: undefined };
    default:
      return step satisfies never;
  }
}

export function outcomeOf({ status, body }: UserAnswer, endedMs: number): Outcome {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  const { quote_id: quoteId, shipment_id: shipmentId, access_token: text, expires_in: lifeS } = fields;
  return {
    endedMs,
    status,
    ...(typeof quoteId === 'string' ? { quoteId } : {}),
    ...(typeof shipmentId === 'string' ? { shipmentId } : {}),
    ...(typeof text === 'string'
      ? { token: { text, lifeMs: 1000 * (typeof lifeS === 'number' && lifeS > 0 ? lifeS : TOKEN_LIFE_S) } }
      : {}),
  };
}

/** The end of the quote's id, where its seal is; short enough for any gateway. */
function keyOf(quoteId: string): string {
  return `book-${quoteId.replaceAll(/[^\w-]/g, '').slice(-64)}`;
}
