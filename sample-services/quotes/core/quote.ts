/**
 * A quote is its own proof: its id holds the load, the price and the expiry,
 * sealed with a key that only the company has. So a quote survives a restart
 * though nothing is stored.
 */
import { EQUIPMENT, type Load } from '#sample-services/lib/core/freight.ts';
import { CITY_NAMES } from '#sample-services/lib/core/geography.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';

export interface Quote extends Load {
  readonly price_cents: number;
  /** Epoch milliseconds. */
  readonly expires_ms: number;
}

/** Seals a text: the same text and key give the same seal, and nobody else can make it. */
export type Seal = (text: string) => string;

/** Makes letters, digits, - and _ of any text, and back; gives undefined for what it did not make. */
export interface TextCode {
  encode(text: string): string;
  decode(code: string): string | undefined;
}

const PREFIX = 'QTE-';

export function idOf(quote: Quote, seal: Seal, code: TextCode): string {
  const { origin, destination, weight_kg, equipment, price_cents, expires_ms } = quote;
  const fields = [
    CITY_NAMES.indexOf(origin),
    CITY_NAMES.indexOf(destination),
    weight_kg,
    EQUIPMENT.indexOf(equipment),
    price_cents,
    expires_ms,
  ];
  const text = code.encode(fields.join(','));
  return `${PREFIX}${text}.${seal(text)}`;
}

/** @throws Problem 404 when the id is none of ours, 410 when the quote has expired */
export function quoteOf(id: string, { seal, code, nowMs }: QuoteReader): Quote {
  const [text = '', sealed] = id.startsWith(PREFIX) ? id.slice(PREFIX.length).split('.') : [];
  const fields = sealed === seal(text) ? code.decode(text)?.split(',').map(Number) : undefined;
  if (fields === undefined) throw new Problem(404, 'Not found', { detail: 'there is no such quote' });
  const [origin = 0, destination = 0, weightKg, equipment = 0, cents, expires] = fields;
  const input = new Input({
    origin: CITY_NAMES[origin],
    destination: CITY_NAMES[destination],
    equipment: EQUIPMENT[equipment],
    weight_kg: weightKg,
    price_cents: cents,
    expires_ms: expires,
  });
  const quote = {
    origin: input.oneOf('origin', CITY_NAMES),
    destination: input.oneOf('destination', CITY_NAMES),
    equipment: input.oneOf('equipment', EQUIPMENT),
    weight_kg: input.integer('weight_kg', 1, Number.MAX_SAFE_INTEGER),
    price_cents: input.integer('price_cents', 1, Number.MAX_SAFE_INTEGER),
    expires_ms: input.integer('expires_ms', 1, Number.MAX_SAFE_INTEGER),
  };
  input.check();
  if (quote.expires_ms <= nowMs) {
    throw new Problem(410, 'Quote expired', {
      detail: `it was good until ${quote.expires_ms}; ask for another`,
    });
  }
  return quote;
}

export interface QuoteReader {
  readonly seal: Seal;
  readonly code: TextCode;
  readonly nowMs: number;
}
