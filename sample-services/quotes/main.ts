/** Quotes: what carrying a load costs, and how long that price is good. */
import { metrics, serve } from '@plimsoll/sdk';
import { readLoad, type Load } from '#sample-services/lib/core/freight.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Lru } from '#sample-services/lib/core/lru.ts';
import { Environment, readAddress } from '#sample-services/lib/env.ts';
import { answerProblems, createApp, pathPart } from '#sample-services/lib/http.ts';
import { idOf, quoteOf, type Quote } from '#sample-services/quotes/core/quote.ts';
import { laneRate, price, type LaneRate } from '#sample-services/quotes/core/rating.ts';
import { base64Url, hmacSeal } from '#sample-services/quotes/seal.ts';

/** Diesel changes by the day; a lane is worked out again after a minute. */
const LANES = { entriesMax: 500, ageMsMax: 60_000 };

const env = new Environment(process.env);
const address = readAddress(env);
const secret = env.text('JWT_SECRET');
const quoteTtlMs = 1000 * env.integer('QUOTE_TTL_S', { min: 1, max: 86_400, instead: 120 });
env.check();

const seal = hmacSeal(secret);
const lanes = new Lru<LaneRate>(LANES);
const lookups = metrics.counter({
  name: 'freight_lane_lookups_total',
  help: 'Lane rates asked for: found in the cache (hit) or worked out (miss).',
  labelNames: ['result'],
});
const quoted = metrics.counter({
  name: 'freight_quotes_total',
  help: 'Quotes made.',
  labelNames: ['equipment'],
});

function laneOf({ origin, destination, equipment }: Load): LaneRate {
  const key = `${origin}>${destination}:${equipment}`;
  const nowMs = Date.now();
  const cached = lanes.get(key, nowMs);
  lookups.inc({ result: cached === undefined ? 'miss' : 'hit' });
  if (cached !== undefined) return cached;
  const rate = laneRate({ origin, destination, equipment });
  lanes.set(key, rate, nowMs);
  return rate;
}

function answerOf(quote: Quote, id: string): Readonly<Record<string, unknown>> {
  const { expires_ms: expiresMs, ...rest } = quote;
  return { quote_id: id, ...rest, currency: 'EUR', expires_at: new Date(expiresMs).toISOString() };
}

const app = createApp();
app.post('/quotes', (request, response) => {
  const input = new Input(request.body);
  const load = readLoad(input);
  input.check();
  const { totalCents } = price(laneOf(load), load.weight_kg);
  const quote = { ...load, price_cents: totalCents, expires_ms: Date.now() + quoteTtlMs };
  quoted.inc({ equipment: load.equipment });
  response.status(201).json(answerOf(quote, idOf(quote, seal, base64Url)));
});
app.get('/quotes/:id', (request, response) => {
  const id = pathPart(request, 'id');
  response.json(answerOf(quoteOf(id, { seal, code: base64Url, nowMs: Date.now() }), id));
});
answerProblems(app);
await serve(app, address);
