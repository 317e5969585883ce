/**
 * `npm start`: the platform on its usual ports, or the next free ones, with a
 * hint how to send to it.
 */
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Address } from '#base/config/schema.ts';
import { CodedError } from '#base/errors.ts';
import { flagsHelp } from '#bin/verbs/flags.ts';
import { readSettings } from '#bin/verbs/settings.ts';
import { runUp } from '#bin/verbs/up.ts';

/** How far to look for a free port before saying so. */
const PORTS_TRIED_MAX = 50;
const DATA_FOLDER = fileURLToPath(new URL('../../.data', import.meta.url));

export async function start(argv: readonly string[]): Promise<number> {
  const settings = readSettings('start', argv);
  if (settings === undefined) {
    process.stdout.write(flagsHelp('start'));
    return 0;
  }
  const listen = await nextFree(settings.listen, '--listen');
  const otlpHttp = await nextFree(settings.otlpHttp, '--otlp-http');
  const dataDirectory = argv.some((word) => word.startsWith('--data'))
    ? settings.dataDirectory
    : path.join(DATA_FOLDER, 'start');
  return runUp('up', { ...settings, listen, otlpHttp, dataDirectory }, (ready) => {
    process.stdout.write(hint(ready.origin, ready.otlpHttp));
  });
}

async function nextFree(wanted: Address, flag: string): Promise<Address> {
  if (wanted.port === 0) return wanted;
  for (let port = wanted.port; port < wanted.port + PORTS_TRIED_MAX; port += 1) {
    if (!(await isFree({ host: wanted.host, port }))) continue;
    if (port !== wanted.port)
      process.stdout.write(`Port ${wanted.port} is in use, taking ${port} (${flag}).\n`);
    return { host: wanted.host, port };
  }
  throw new CodedError('PLIM_PORT_IN_USE', `no free port from ${wanted.port} on; choose one with ${flag}`);
}

function isFree(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(address, () => probe.close(() => resolve(true)));
  });
}

function hint(origin: string, otlpHttp: string | null): string {
  return `
Plimsoll is up.
  APIs       ${origin}        (Prometheus, Jaeger, Alertmanager, /metrics)
  OTLP/HTTP  ${otlpHttp ?? ''}

Send to it from any OpenTelemetry SDK:
  OTEL_EXPORTER_OTLP_ENDPOINT=${otlpHttp ?? ''} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf node app.js

Or a first span by hand, and look at it:
  now=$(date +%s)
  curl -s ${otlpHttp ?? ''}/v1/traces -H 'Content-Type: application/json' -d '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"GET /","kind":2,"startTimeUnixNano":"'$now'000000000","endTimeUnixNano":"'$now'120000000"}]}]}]}'
  curl -s ${origin}/api/traces/0af7651916cd43dd8448eb211c80319c

Ctrl-C stops it.
`;
}
