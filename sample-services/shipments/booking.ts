/**
 * Booking: price check, tender, confirmation. The customer waits for all of it,
 * and gets either a shipment with a carrier or nothing at all: when the tender
 * fails, the shipment is cancelled and the carriers are told so until they know.
 */
import { randomBytes } from 'node:crypto';
import type { Deadline } from '#sample-services/lib/core/deadline.ts';
import { CENTS_MAX, readLoad, type Load } from '#sample-services/lib/core/freight.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import type { Peer, PeerAnswer } from '#sample-services/lib/peer.ts';
import type { Shipment, ShipmentStore } from '#sample-services/shipments/store.ts';

export interface BookingRequest {
  readonly client: string;
  /** Two requests with one key make one shipment. */
  readonly idempotencyKey: string;
  readonly quoteId: string;
  readonly deadline: Deadline;
}

interface Priced extends Load {
  readonly price_cents: number;
}

export class Booking {
  readonly #store: ShipmentStore;
  readonly #quotes: Peer;
  readonly #dispatch: Peer;
  /** By client and key: a repetition waits for what is under way. */
  readonly #underWay = new Map<string, Promise<Shipment>>();

  constructor(store: ShipmentStore, peers: { readonly quotes: Peer; readonly dispatch: Peer }) {
    this.#store = store;
    this.#quotes = peers.quotes;
    this.#dispatch = peers.dispatch;
  }

  /**
   * @throws Problem 404 or 410 for the quote, 409 when no carrier takes the load,
   * 422 when the key belongs to another request
   * @throws PeerFailure when a service it needs fails
   */
  async book(request: BookingRequest): Promise<Shipment> {
    const key = `${request.client}\u0000${request.idempotencyKey}`;
    const underWay =
      this.#underWay.get(key) ?? this.#bookOnce(request).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, underWay);
    const shipment = await underWay;
    if (shipment.quoteId === request.quoteId) return shipment;
    throw new Problem(422, 'Idempotency key reused', { detail: 'this key has booked another quote' });
  }

  /** Tells the carriers. @throws PeerFailure when they could not be told */
  async withdraw(shipmentId: string, deadline: Deadline): Promise<void> {
    await this.#dispatch.call({
      method: 'DELETE',
      path: `/tenders/${shipmentId}`,
      deadline,
      isIdempotent: true,
    });
    this.#store.withdrawn(shipmentId);
  }

  async #bookOnce({ client, idempotencyKey, quoteId, deadline }: BookingRequest): Promise<Shipment> {
    const known = this.#store.byKey(client, idempotencyKey);
    if (known !== undefined) return known;
    const priced = await this.#priceOf(quoteId, deadline);
    const { origin, destination, price_cents: priceCents } = priced;
    const id = newShipmentId();
    this.#store.begin({ id, client, idempotencyKey, quoteId, origin, destination, priceCents }, Date.now());
    const carrier = await this.#tender(id, priced, deadline);
    return this.#store.accept(id, carrier, Date.now());
  }

  async #priceOf(quoteId: string, deadline: Deadline): Promise<Priced> {
    const path = `/quotes/${encodeURIComponent(quoteId)}`;
    const answer = await this.#quotes.call({ method: 'GET', path, deadline, isIdempotent: true });
    if (answer.status !== 200) throw refusal(answer);
    const input = new Input(answer.body);
    const priced = { ...readLoad(input), price_cents: input.integer('price_cents', 1, CENTS_MAX) };
    input.check();
    return priced;
  }

  async #tender(id: string, load: Priced, deadline: Deadline): Promise<string> {
    const { price_cents: _, ...tendered } = load;
    const body = { shipment_id: id, ...tendered };
    let answer: PeerAnswer;
    try {
      answer = await this.#dispatch.call({
        method: 'POST',
        path: '/tenders',
        deadline,
        body,
        isIdempotent: true,
      });
    } catch (error) {
      this.#store.refuse(id, true, Date.now());
      throw error;
    }
    if (answer.status === 201) return carrierIn(answer.body);
    // All carriers have said no: there is nothing to take back.
    this.#store.refuse(id, false, Date.now());
    throw refusal(answer);
  }
}

function carrierIn(body: unknown): string {
  const input = new Input(body);
  const carrier = input.text('carrier', 8);
  input.check();
  return carrier;
}

/** What another service has said no to is said to our client in the same words. */
function refusal({ status, body }: PeerAnswer): Problem {
  const { title, detail } = (body ?? {}) as { readonly title?: unknown; readonly detail?: unknown };
  return new Problem(status, typeof title === 'string' ? title : 'Refused', {
    detail: typeof detail === 'string' ? detail : 'another service has refused it',
  });
}

function newShipmentId(): string {
  return `SHP-${randomBytes(9).toString('base64url').replaceAll('_', 'x').replaceAll('-', 'y')}`;
}
