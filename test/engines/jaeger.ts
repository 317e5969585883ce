/** A real Jaeger (v2), with the placeholder that its module has for a user interface. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemNet } from '#base/real/net.ts';
import { findBuilt } from '#test/engines/built.ts';
import type { CertificateFiles } from '#test/engines/certificates.ts';
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
  /** TLS on both its servers for `localhost`; addresses begin with https then. */
  readonly certificate?: CertificateFiles;
}

/** Ready in 0.4 s; an orderly stop takes it 10 s, a kill none. In memory, it forgets its traces when it ends. */
export async function startJaeger(options: JaegerOptions = {}): Promise<JaegerEngine | Missing> {
  const { storage, certificate } = options;
  const running = Object.keys(options).length === 0 ? runningEngine('jaeger') : undefined;
  if (running !== undefined) return Object.assign(running, { otlpHttp: runningOtlp(running.url) });
  const program = findBuilt('jaeger', 'jaeger');
  if (typeof program !== 'string') return program;
  const begin = certificate === undefined ? 'http://127.0.0.1' : 'https://localhost';
  const url = `${begin}:${await freePort()}`;
  const otlpHttp = `${begin}:${await freePort()}`;
  const folder = serverFolder('jaeger');
  const file = join(folder, 'jaeger.yaml');
  const hosts = { query: new URL(url).host, queryGrpc: `127.0.0.1:${await freePort()}` };
  const tls =
    certificate === undefined ? '' : `, tls: {cert_file: ${certificate.cert}, key_file: ${certificate.key}}`;
  writeFileSync(file, configOf({ ...hosts, otlp: new URL(otlpHttp).host, storage: storage ?? MEMORY, tls }));
  const server = await startServer({
    name: 'jaeger',
    url,
    folder,
    command: [program, `--config=${file}`],
    isReady: () => (certificate === undefined ? answers(`${url}/api/services`) : answersAnyway(url)),
    readyMsMax: READY_MS_MAX,
    version: () => jaegerVersion(program),
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
  /** Of both HTTP servers. */
  readonly tls: string;
}

/** Whatever its certificate is. */
async function answersAnyway(url: string): Promise<boolean> {
  const ask = { method: 'GET', url, headers: {}, timeoutMs: 2000, responseBytesMax: 1000 } as const;
  return systemNet.request({ ...ask, tls: { skipsVerify: true } }).then(
    () => true,
    () => false,
  );
}

function configOf({ query, queryGrpc, otlp, storage, tls }: Places): string {
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
    http: {endpoint: '${query}'${tls}}
    grpc: {endpoint: '${queryGrpc}'}
receivers:
  otlp: {protocols: {http: {endpoint: '${otlp}'${tls}}}}
exporters:
  jaeger_storage_exporter: {trace_storage: kept}
`;
}

/** Of the module: its 1.76.0 is the image 2.13.0. */
export async function jaegerVersion(program: string): Promise<string> {
  const answer = await runTool([program, 'version'], { cwd: '/', timeoutMs: VERSION_MS_MAX });
  return /"gitVersion":"v?([^"]+)"/.exec(answer)?.[1] ?? 'unknown';
}
