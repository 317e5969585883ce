/**
 * The proxies alone, as a Toxiproxy server: for tools that expect one, and for
 * the benchmark.
 *
 *   node chaos/proxy/main.ts [--control=127.0.0.1:8474] [--seed=N]
 *
 * Prints `{"control": "http://…"}` once it accepts. SIGTERM ends it.
 */
import { createServer } from 'node:http';
import { systemClock } from '#base/real/clock.ts';
import { bind, hostText } from '#base/real/bind.ts';
import { errorText } from '#base/errors.ts';
import { seededRandom } from '#base/sim/random.ts';
import { answerNotFound, toxiproxyApi } from '#chaos/proxy/api.ts';
import { parseHostPort } from '#chaos/proxy/core/address.ts';
import { listenAddress } from '#chaos/proxy/core/reach.ts';
import { createProxySet } from '#chaos/proxy/proxy-set.ts';

/** Upstream's port. */
const CONTROL = '127.0.0.1:8474';

function flag(name: string, otherwise: string): string {
  const start = `--${name}=`;
  return process.argv.find((word) => word.startsWith(start))?.slice(start.length) ?? otherwise;
}

async function main(): Promise<void> {
  const control = flag('control', CONTROL);
  const address = parseHostPort(control);
  if ('problem' in address) throw new Error(`--control: ${address.problem}`);
  listenAddress(control, { allowedHosts: new Set() });
  const set = createProxySet({ clock: systemClock, random: seededRandom(Number(flag('seed', '1'))) });
  const api = toxiproxyApi(set);
  const server = createServer((request, response) => {
    if (!api(request, response)) answerNotFound(response);
  });
  const { host, port } = await bind(server, address, '--control');
  process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
    void set.close();
  });
  process.stdout.write(`${JSON.stringify({ control: `http://${hostText(host)}:${port}` })}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`proxy: ${errorText(error)}\n`);
  process.exitCode = 1;
}
