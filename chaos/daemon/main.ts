/**
 * The fault daemon, a process of its own: the proxies between the services, the
 * leases of faults, and the API that asks for them.
 *
 *     node chaos/daemon/main.ts --data DIR [--control HOST:PORT] [--proxies JSON|FILE] [--seed N] [--targets FILE]
 *
 * Prints one line of JSON once it accepts: {"control": URL, "proxies": {NAME: URL}}.
 */
import type { AddressInfo } from 'node:net';
import { CodedError, errorText } from '#base/errors.ts';
import { bind } from '#base/real/bind.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemRandom } from '#base/real/random.ts';
import { seededRandom } from '#base/sim/random.ts';
import { controlServer } from '#chaos/daemon/server.ts';
import { Daemon } from '#chaos/daemon/daemon.ts';
import { readOptions } from '#chaos/daemon/options.ts';
import { createProxySet } from '#chaos/proxy/proxy-set.ts';
import { ProxyError } from '#chaos/proxy/types.ts';

function say(message: string): void {
  process.stderr.write(`chaos: ${message}\n`);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const proxies = createProxySet({
    clock: systemClock,
    random: options.seed === undefined ? systemRandom : seededRandom(options.seed),
  });
  // What a daemon before us left stopped must go on before anything else.
  const daemon = await Daemon.open({ ...options, proxies, say });
  const views = await proxies.populate(options.proxies);
  const server = controlServer(daemon, proxies);
  await bind(server, options.control, '--control');
  const { address, port } = server.address() as AddressInfo;
  const ready = {
    control: `http://${address}:${port}`,
    proxies: Object.fromEntries(views.map(({ name, listen }) => [name, `http://${listen}`])) as object,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    daemon.controller.book.block(true);
    await daemon[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
    await proxies.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop());
}

try {
  await main();
} catch (error) {
  const code = error instanceof CodedError ? ` [${error.code}]` : '';
  const isExpected = error instanceof CodedError || error instanceof ProxyError;
  say(
    `${isExpected ? errorText(error) : ((error instanceof Error ? error.stack : undefined) ?? errorText(error))}${code}`,
  );
  process.exit(error instanceof CodedError && error.code === 'PLIM_USAGE' ? 2 : 1);
}
