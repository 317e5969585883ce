/** A real Jaeger (v2), with the placeholder that its module has for a user interface. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBuilt } from '#test/engines/built.ts';
import { runningEngine, type Engine, type Missing } from '#test/engines/engine.ts';
import { answers } from '#test/engines/http.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';
import { runTool } from '#test/engines/tool.ts';

const READY_MS_MAX = 60_000;
const VERSION_MS_MAX = 20_000;
/** Where a Jaeger that was running before us takes OTLP, unless the environment says otherwise. */
const OTLP_PORT = 4318;
const MEMORY = '{memory: {max_traces: 100000}}';

export interface JaegerEngine extends Engine {
  /** Where it takes OTLP over HTTP: `http://127.0.0.1:PORT`. `url` is the query API. */
  readonly otlpHttp: string;
}

export interface JaegerOptions {
  /** A storage backend in its own words: `{elasticsearch: {server_urls: ['http://…']}}`; in memory without it. */
  readonly storage?: string;
}

/** Ready in 0.4 s; an orderly stop takes it 10 s, a kill none. In memory, it forgets its traces when it ends. */
export async function startJaeger({ storage }: JaegerOptions = {}): Promise<JaegerEngine | Missing> {
  const running = storage === undefined ? runningEngine('jaeger') : undefined;
  if (running !== undefined) return Object.assign(running, { otlpHttp: runningOtlp(running.url) });
  const program = findBuilt('jaeger', 'jaeger');
  if (typeof program !== 'string') return program;
  const url = `http://127.0.0.1:${await freePort()}`;
  const otlpHttp = `http://127.0.0.1:${await freePort()}`;
  const folder = serverFolder('jaeger');
  const file = join(folder, 'jaeger.yaml');
  const hosts = { query: new URL(url).host, queryGrpc: `127.0.0.1:${await freePort()}` };
  writeFileSync(file, configOf({ ...hosts, otlp: new URL(otlpHttp).host, storage: storage ?? MEMORY }));
  const server = await startServer({
    name: 'jaeger',
    url,
    folder,
    command: [program, `--config=${file}`],
    isReady: () => answers(`${url}/api/services`),
    readyMsMax: READY_MS_MAX,
    version: () => versionOf(program),
  });
  return Object.assign(server, { otlpHttp });
}

function runningOtlp(url: string): string {
  const named = process.env['PLIMSOLL_TEST_JAEGER_OTLP_URL'];
  return named === undefined || named === '' ? `http://${new URL(url).hostname}:${OTLP_PORT}` : named;
}

interface Places {
  readonly query: string;
  readonly queryGrpc: string;
  readonly otlp: string;
  readonly storage: string;
}

function configOf({ query, queryGrpc, otlp, storage }: Places): string {
  return `
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {receivers: [otlp], exporters: [jaeger_storage_exporter]}
  telemetry: {metrics: {level: none}, logs: {level: warn}}
extensions:
  jaeger_storage: {backends: {kept: ${storage}}}
  jaeger_query:
    storage: {traces: kept}
    http: {endpoint: '${query}'}
    grpc: {endpoint: '${queryGrpc}'}
receivers:
  otlp: {protocols: {http: {endpoint: '${otlp}'}}}
exporters:
  jaeger_storage_exporter: {trace_storage: kept}
`;
}

async function versionOf(program: string): Promise<string> {
  const answer = await runTool([program, 'version'], { cwd: '/', timeoutMs: VERSION_MS_MAX });
  return /"gitVersion":"v?([^"]+)"/.exec(answer)?.[1] ?? 'unknown';
}
