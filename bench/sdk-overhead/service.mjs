/**
 * The service under measurement: one route with a parameter that writes one log
 * line and asks nobody. What is in front of it makes the variants; with the SDK
 * it takes the SDK's logger and server, as a user would.
 */
import { performance } from 'node:perf_hooks';
import express from 'express';

const isOurs = process.argv[2] === 'plimsoll';
const ours = isOurs ? await import('@plimsoll/sdk') : undefined;
const logger = ours?.logger ?? (await import('pino')).pino({ base: { service: 'bench' } });

const app = express();
if (ours !== undefined) app.use(ours.operations());
app.get('/quotes/:id', (request, response) => {
  logger.info({ quote: request.params.id }, 'quoted');
  response.json({ id: request.params.id, price_cents: 12_300 });
});

let port;
if (ours === undefined) {
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  ({ port } = server.address());
} else ({ port } = await ours.serve(app, { host: '127.0.0.1', port: 0 }));
const ready = { ready: true, url: `http://127.0.0.1:${port}`, startMs: performance.now() };
process.stdout.write(`${JSON.stringify(ready)}\n`);
