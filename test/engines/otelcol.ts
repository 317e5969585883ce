/** A real OpenTelemetry Collector with the components named in build.ts. */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { BUILT_VERSIONS, findBuilt } from '#test/engines/built.ts';
import type { EngineAnswer } from '#test/engines/engine.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';

const READY_MS_MAX = 60_000;
const CONNECT_MS_MAX = 1000;

export interface OtelCollectorOptions {
  /**
   * Text of its configuration. Its OTLP/HTTP receiver listens at
   * `${env:OTLP_HTTP}`, a free port; files go below `${env:DATA}`.
   */
  readonly config: string;
}

/** `url` is where it takes OTLP over HTTP. A server that already runs has a configuration of its own and is passed over. */
export async function startOtelCollector({ config }: OtelCollectorOptions): Promise<EngineAnswer> {
  const program = findBuilt('otelcol');
  if (typeof program !== 'string') return program;
  const port = await freePort();
  const folder = serverFolder('otelcol');
  const file = join(folder, 'otelcol.yaml');
  writeFileSync(file, config);
  return startServer({
    name: 'otelcol',
    url: `http://127.0.0.1:${port}`,
    folder,
    command: [program, `--config=${file}`],
    environment: { OTLP_HTTP: `127.0.0.1:${port}`, DATA: folder },
    isReady: () => listens(port),
    readyMsMax: READY_MS_MAX,
    version: () => BUILT_VERSIONS.otelcol,
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(CONNECT_MS_MAX, () => socket.destroy());
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(false));
  });
}
