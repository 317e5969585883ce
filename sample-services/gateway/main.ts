/** Gateway: where customers come in. Checks who they are, limits them, passes them on. */
import { serve } from '@plimsoll/sdk';
import { RateLimit } from '#sample-services/gateway/core/rate-limit.ts';
import { countRejected, shedLoad } from '#sample-services/gateway/limits.ts';
import { gatewayRoutes, nameRequest } from '#sample-services/gateway/routes.ts';
import { Tokens } from '#sample-services/gateway/tokens.ts';
import { Environment, readAddress } from '#sample-services/lib/env.ts';
import { answerProblems, createApp } from '#sample-services/lib/http.ts';
import { Peer } from '#sample-services/lib/peer.ts';

const env = new Environment(process.env);
const address = readAddress(env);
const credentials = { clientId: env.text('CLIENT_ID'), clientSecret: env.text('CLIENT_SECRET') };
const signingSecret = env.text('JWT_SECRET');
const upstreams = {
  quotes: new Peer('quotes', env.url('QUOTES_URL')),
  shipments: new Peer('shipments', env.url('SHIPMENTS_URL')),
  tracking: new Peer('tracking', env.url('TRACKING_URL')),
};
const deadlineMs = env.integer('DEADLINE_MS', { min: 100, max: 30_000, instead: 3000 });
const perSecond = env.integer('RATE_LIMIT_PER_S', { min: 1, max: 100_000, instead: 1000 });
// 300 requests a second that all take the full three seconds.
const inFlightMax = env.integer('IN_FLIGHT_MAX', { min: 1, max: 100_000, instead: 1000 });
env.check();

const app = createApp();
app.use(nameRequest);
app.use(shedLoad(inFlightMax));
gatewayRoutes(app, {
  tokens: new Tokens(credentials, signingSecret),
  rateLimit: new RateLimit(perSecond, () => countRejected('rate')),
  upstreams,
  deadlineMs,
});
answerProblems(app);
await serve(app, address);
