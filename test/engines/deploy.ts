/** What the compose file says about the engines, for engines that run as plain processes. */
import { join } from 'node:path';
import { present } from '#base/invariant.ts';
import { findBuilt } from '#test/engines/built.ts';
import type { Missing } from '#test/engines/engine.ts';
import { answers } from '#test/engines/http.ts';
import { jaegerVersion, type JaegerEngine } from '#test/engines/jaeger.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';
import { readCompose, readDotEnv, type ComposeService } from '#test/tidy/compose.ts';
import { readText, ROOT } from '#test/tidy/source.ts';

const READY_MS_MAX = 60_000;

export function composeService(name: string): ComposeService {
  const { compose } = readCompose(readText('docker-compose.yml'), readDotEnv(readText('.env')));
  return present(compose?.services[name], `docker-compose.yml has the service ${name}`);
}

/** What the image of Kafka makes of its environment: `KAFKA_A_B` is the property `a.b`. */
export function kafkaProperties({ environment }: ComposeService): Record<string, string> {
  const variables = Object.entries(environment).filter(
    ([name]) => name.startsWith('KAFKA_') && name !== 'KAFKA_HEAP_OPTS',
  );
  return Object.fromEntries(
    variables.map(([name, value]) => [name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), value]),
  );
}

/** What the image of Elasticsearch takes from its environment as settings: names with a dot. */
export function elasticsearchSettings({ environment }: ComposeService): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => /^[a-z_]+(?:\.[a-z_]+)+$/.test(name)),
  );
}

/** A real Jaeger with `deploy/jaeger.yaml` itself; ready by the health check the compose file asks. */
export async function startDeployedJaeger(elasticsearch: string): Promise<JaegerEngine | Missing> {
  const program = findBuilt('jaeger', 'jaeger');
  if (typeof program !== 'string') return program;
  const address = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
  const [query, otlp, health] = [await address(), await address(), await address()];
  const folder = serverFolder('jaeger');
  const server = await startServer({
    name: 'jaeger',
    url: `http://${query}`,
    folder,
    command: [program, `--config=${join(ROOT, 'deploy', 'jaeger.yaml')}`],
    environment: {
      ELASTICSEARCH_URL: elasticsearch,
      QUERY_ENDPOINT: query,
      QUERY_GRPC_ENDPOINT: await address(),
      OTLP_ENDPOINT: otlp,
      HEALTH_ENDPOINT: health,
      METRICS_HOST: '127.0.0.1',
      METRICS_PORT: String(await freePort()),
    },
    isReady: () => answers(`http://${health}/status`),
    readyMsMax: READY_MS_MAX,
    version: () => jaegerVersion(program),
  });
  return Object.assign(server, { otlpHttp: `http://${otlp}` });
}

/** Flags of a command that say nothing about where its files and addresses are. */
export function portableFlags({ command = [] }: ComposeService): readonly string[] {
  return command.filter(
    (flag) =>
      !/^--(?:config\.file|storage\.(?:tsdb\.)?path|web\.enable-remote-write-receiver|cluster)/.test(flag),
  );
}
