/**
 * What browser tests look at, as a program of its own: the demo with windows
 * divided, so that a fault pages in seconds; a platform nobody sends to; and one
 * that asks for a key. Says where they are in one line of JSON; ends when told.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_SLOS } from '#bin/demo/layout.ts';
import { startDemo } from '#bin/demo/demo.ts';
import { takeLeash } from '#bin/leash.ts';
import { startPlimsoll } from '#test/support/program.ts';
import { API_KEY, GRAFANA, type WorldAddresses } from '#test/browser/addresses.ts';

/** The long run wants pages as soon as a proof has them, and little beside the page where its speed is judged. */
const REQUESTS_PER_SECOND = Number(
  process.env['PLIMSOLL_BROWSER_REQUESTS'] ?? (process.env['PLIMSOLL_LONG'] === '1' ? 30 : 8),
);
/** Windows of alerting are divided by it; pictures want them as they are. */
const DIVISOR = Number(process.env['PLIMSOLL_BROWSER_DIVISOR'] ?? 60);

takeLeash();
const root = mkdtempSync(join(tmpdir(), 'plimsoll-browser-'));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const ended = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
try {
  await using resources = new AsyncDisposableStack();
  const [demo, empty, locked] = await Promise.all([
    startDemo(
      {
        dataDirectory: join(root, 'demo'),
        originPort: 0,
        otlpHttpPort: 0,
        requestsPerSecond: REQUESTS_PER_SECOND,
        dailyCurve: false,
        seed: Number(process.env['PLIMSOLL_SEED'] ?? 1),
        sloDirectory: DEMO_SLOS,
        evaluation: { windowDivisor: DIVISOR, burnFactorMultiplier: 1 },
        pagerListens: true,
        engines: { grafanaUrl: GRAFANA },
        libfaketime: undefined,
        events: {
          onProgress: () => {},
          onPage: () => {},
          onDeath: () => {},
          onLost: (error) => stop.abort(error),
        },
      },
      stop.signal,
    ),
    startPlimsoll({ dataDirectory: join(root, 'empty') }),
    startPlimsoll({ dataDirectory: join(root, 'locked'), configText: `server: { api_key: ${API_KEY} }\n` }),
  ]);
  for (const started of [demo, empty, locked]) resources.use(started);
  const addresses: WorldAddresses = {
    origin: demo.origin,
    otlpHttp: `http://127.0.0.1:${demo.ports.otlpHttp}`,
    gateway: demo.gateway,
    chaos: demo.chaos,
    empty: empty.origin,
    locked: locked.origin,
  };
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
  await ended;
} finally {
  rmSync(root, { recursive: true, force: true });
}
