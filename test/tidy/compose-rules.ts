/** What must hold in `docker-compose.yml` beyond its form: each rule lists what breaks it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mountsOf, type ComposeFile, type ComposeService } from '#test/tidy/compose.ts';
import { ROOT } from '#test/tidy/source.ts';

/** Their start scripts write their configuration into their own folders. */
const WRITE_TO_THEMSELVES = ['kafka', 'elasticsearch'];

/** Where each listens inside the network, beside the freight services. */
const LISTENS: Readonly<Record<string, readonly number[]>> = {
  kafka: [9092],
  elasticsearch: [9200],
  jaeger: [4318, 8888, 13133, 16686],
  prometheus: [9090],
  alertmanager: [9093],
  grafana: [3000],
  plimsoll: [7300],
  collector: [4318, 14268, 7300],
  'collector-1': [4318, 14268, 7300],
  'collector-2': [4318, 14268, 7300],
  'plimsoll-lite': [7300, 4318],
  'grafana-lite': [3000],
  load: [7401],
};
export const FREIGHT_PORT = 8080;

type Rule = (name: string, service: ComposeService, compose: ComposeFile) => readonly string[];

const RULES: readonly Rule[] = [mounts, dependencies, published, hardened];

export function brokenRules(compose: ComposeFile): string[] {
  const single = Object.entries(compose.services).flatMap(([name, service]) =>
    RULES.flatMap((rule) => rule(name, service, compose).map((problem) => `${name}: ${problem}`)),
  );
  return [...single, ...unusedVolumes(compose), ...sharedPorts(compose)];
}

function mounts(_name: string, service: ComposeService, { volumes }: ComposeFile): string[] {
  return mountsOf(service).flatMap(({ source, target, isFile, isReadOnly }) => {
    const problems: string[] = [];
    if (isFile && !existsSync(join(ROOT, source))) problems.push(`${source} is not there to be mounted`);
    if (isFile && !isReadOnly) problems.push(`${source} is mounted for writing`);
    if (!isFile && !Object.hasOwn(volumes, source)) problems.push(`there is no volume ${source}`);
    if (!target.startsWith('/'))
      problems.push(`${source} is mounted at ${target}, which is no absolute path`);
    return problems;
  });
}

function dependencies(_name: string, service: ComposeService, { services }: ComposeFile): string[] {
  return Object.entries(service.depends_on).flatMap(([other, { condition }]) => {
    const first = services[other];
    if (first === undefined) return [`depends on ${other}, which is not there`];
    const apart = service.profiles.filter((profile) => !first.profiles.includes(profile));
    if (apart.length > 0) return [`depends on ${other}, which is not in profile ${apart.join()}`];
    return condition === 'service_healthy' && !isChecked(first)
      ? [`waits for ${other}, which has no health check`]
      : [];
  });
}

/** Ours has its check in the image. */
function isChecked(service: ComposeService): boolean {
  return service.healthcheck !== undefined || isOurs(service);
}

export function isOurs({ image }: ComposeService): boolean {
  return image.startsWith('plimsoll:');
}

function published(_name: string, { ports }: ComposeService): string[] {
  return ports.flatMap((port) =>
    /^127\.0\.0\.1:\d{4,5}:\d{4,5}$/.test(port) ? [] : [`publishes ${port}, expected 127.0.0.1:PORT:PORT`],
  );
}

function hardened(name: string, service: ComposeService): string[] {
  const problems: string[] = [];
  if (!service.read_only && !WRITE_TO_THEMSELVES.includes(name)) problems.push('its root can be written to');
  if (service.read_only && !service.tmpfs.some((folder) => folder.startsWith('/tmp:')))
    problems.push('it has nowhere to put temporary files');
  if (!isChecked(service)) problems.push('it has no health check');
  if (isOurs(service) && service.pull_policy !== 'never')
    problems.push('its image would be looked for outside');
  return problems;
}

function unusedVolumes({ services, volumes }: ComposeFile): string[] {
  const used = new Set(
    Object.values(services).flatMap((service) => mountsOf(service).map(({ source }) => source)),
  );
  return Object.keys(volumes).flatMap((name) => (used.has(name) ? [] : [`nothing uses the volume ${name}`]));
}

function sharedPorts({ services }: ComposeFile): string[] {
  const taken = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, { profiles, ports }] of Object.entries(services)) {
    for (const port of ports) {
      for (const profile of profiles) {
        const key = `${profile} ${port.split(':')[1] ?? ''}`;
        const other = taken.get(key);
        if (other !== undefined) problems.push(`${name}: ${other} publishes port ${key} too`);
        taken.set(key, name);
      }
    }
  }
  return problems;
}

/**
 * Addresses `NAME:PORT` in a text whose name is a service's, at which that service does not listen.
 *
 * @param names of all services and aliases
 */
export function wrongAddresses(source: string, names: readonly string[]): string[] {
  const found = source.matchAll(/(?<![\w.-])([a-z][a-z0-9-]*):(\d{4,5})\b/g);
  return [...found].flatMap(([address, name = '', port]) => {
    if (name === 'localhost') return [];
    if (!names.includes(name)) return [`${address}: there is no service ${name}`];
    const ports = LISTENS[name] ?? [FREIGHT_PORT];
    return ports.includes(Number(port)) ? [] : [`${address}: ${name} listens on ${ports.join(', ')}`];
  });
}
