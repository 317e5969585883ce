/**
 * The customers of the freight company: an open loop of whole journeys against
 * its gateway. They know nothing but its address and their own credentials.
 */
import type { Server } from 'node:http';
import { LoadLoop } from '#sample-services/load/loop.ts';
import { portOf, startControl, startMetrics } from '#sample-services/load/control.ts';
import { readFlags, type Address } from '#sample-services/load/flags.ts';
import { Environment } from '#sample-services/lib/env.ts';

const settings = readFlags(process.argv.slice(2));
const env = new Environment(process.env);
const credentials = { clientId: env.text('CLIENT_ID'), clientSecret: env.text('CLIENT_SECRET') };
env.check();

const loop = new LoadLoop(settings, credentials);
const control = await startControl(loop, settings.control);
const metrics = settings.metrics === undefined ? undefined : await startMetrics(loop, settings.metrics);
say({
  control: urlOf(control, settings.control),
  ...(metrics === undefined || settings.metrics === undefined
    ? {}
    : { metrics: urlOf(metrics, settings.metrics) }),
});

const stop = Promise.withResolvers<void>();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.resolve());
if (settings.forMs !== undefined) {
  setTimeout(() => void loop.drain().then(() => stop.resolve()), settings.forMs).unref();
}
await stop.promise;
for (const server of [control, metrics]) {
  server?.closeAllConnections();
  server?.close();
}
const { sinceStart, journeys, overLimit, logLinesLost, inFlight } = loop.stats();
await loop[Symbol.asyncDispose]();
say({ ...sinceStart, journeys, overLimit, logLinesLost, unfinished: inFlight });

function urlOf(server: Server, { host }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server)}`;
}

/** One JSON line on standard output. */
function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
