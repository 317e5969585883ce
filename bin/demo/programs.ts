/** The programs of the demo and how each is started. */
import path from 'node:path';
import type { ChildDefinition } from '#bin/demo/child.ts';
import { DemoFolders, localUrl, PROXY_NAMES, ROOT, type DemoPorts } from '#bin/demo/layout.ts';
import { SERVICES, type ServiceDefinition } from '#sample-services/topology.ts';

export interface ProgramsOptions {
  readonly folders: DemoFolders;
  readonly ports: DemoPorts;
  /** Port of the page receiver behind its proxy. */
  readonly pagerPort: number;
  readonly sloDirectory: string;
  /** Requests a second of the load; 0 for none. */
  readonly requestsPerSecond: number;
  readonly dailyCurve: boolean;
  readonly seed: number;
  /** Known to the gateway and to the load, fresh at every start. */
  readonly secrets: { readonly client: string; readonly jwt: string };
  readonly positionAgeSecondsMax: number;
  /** Path of libfaketime to start the services under; undefined: under the true clock. */
  readonly libfaketime: string | undefined;
}

const CLIENT_ID = 'portal';
/** Taken along from our own environment: what finds programs and folders, nothing that configures telemetry. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG'] as const;
/** Whole, because a bare name is looked for from the folder that the demo was started in. */
const SDK_REGISTER = import.meta.resolve('@plimsoll/sdk/register');
const LEASH_PRELOAD = new URL('../leash-preload.ts', import.meta.url).href;
const ENTRY = path.join(ROOT, 'bin', 'plimsoll.ts');
/** A wrong clock is noticed within this; asking at every call would make a clock cost 4 µs. */
const FAKETIME_CACHE_S = 1;
/** Compiled code is kept between starts: eight services start in half the time. */
const COMPILE_CACHE = path.join(ROOT, '.cache', 'compile');

export function platformProgram(options: ProgramsOptions): ChildDefinition {
  const { folders, ports, sloDirectory } = options;
  return {
    name: 'platform',
    args: [
      ENTRY,
      'up',
      ...flagList({
        config: folders.configFile,
        data: folders.data,
        slo: sloDirectory,
        listen: `127.0.0.1:${ports.origin}`,
        'otlp-http': `127.0.0.1:${ports.otlpHttp}`,
        'ready-file': folders.readyFile,
      }),
    ],
    env: baseEnv(),
    logFile: folders.logOf('platform'),
    readyUrl: `${localUrl(ports.origin)}/-/ready`,
    comesBack: false,
  };
}

export function chaosProgram(options: ProgramsOptions): ChildDefinition {
  const { folders, ports, pagerPort, seed } = options;
  const upstreams = {
    ...ports.services,
    collector: ports.otlpHttp,
    pager: pagerPort,
  };
  const proxies = PROXY_NAMES.map((name) => ({
    name,
    listen: `127.0.0.1:${ports.proxies[name]}`,
    upstream: `127.0.0.1:${upstreams[name]}`,
  }));
  return {
    name: 'chaos',
    args: [
      '--import',
      LEASH_PRELOAD,
      path.join(ROOT, 'chaos/daemon/main.ts'),
      ...flagList({
        data: folders.chaos,
        control: `127.0.0.1:${ports.chaos}`,
        proxies: JSON.stringify(proxies),
        seed: String(seed),
        targets: folders.demoFile,
      }),
    ],
    env: baseEnv(),
    logFile: folders.logOf('chaos'),
    readyUrl: `${localUrl(ports.chaos)}/version`,
    comesBack: true,
  };
}

export function serviceProgram(service: ServiceDefinition, options: ProgramsOptions): ChildDefinition {
  const { folders, ports } = options;
  const port = ports.services[service.name];
  return {
    name: service.name,
    args: [
      '--import',
      SDK_REGISTER,
      '--import',
      LEASH_PRELOAD,
      path.join(ROOT, 'sample-services', service.name, 'main.ts'),
    ],
    env: { ...baseEnv(), ...serviceEnv(service, options) },
    logFile: folders.logOf(service.name),
    readyUrl: `${localUrl(port)}/readyz`,
    comesBack: true,
  };
}

function serviceEnv(service: ServiceDefinition, options: ProgramsOptions): Record<string, string> {
  const { folders, ports, secrets, seed } = options;
  const peers = SERVICES.filter(({ name }) => service.calls.includes(name));
  const env: Record<string, string> = {
    OTEL_SERVICE_NAME: service.name,
    OTEL_EXPORTER_OTLP_ENDPOINT: localUrl(ports.proxies.collector),
    OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING: peers
      .map(({ name }) => `127.0.0.1:${ports.proxies[name]}=${name}`)
      .join(','),
    HOST: '127.0.0.1',
    PORT: String(ports.services[service.name]),
    DATA_DIR: folders.stateOf(service.name),
    SEED: String(seed),
    CLIENT_ID,
    CLIENT_SECRET: secrets.client,
    JWT_SECRET: secrets.jwt,
    POSITION_AGE_S_MAX: String(options.positionAgeSecondsMax),
  };
  if (options.libfaketime !== undefined) {
    env['LD_PRELOAD'] = options.libfaketime;
    env['FAKETIME_TIMESTAMP_FILE'] = folders.clockOf(service.name);
    env['FAKETIME_CACHE_DURATION'] = String(FAKETIME_CACHE_S);
    env['FAKETIME_DONT_FAKE_MONOTONIC'] = '1';
  }
  for (const { name } of peers) env[`${name.toUpperCase()}_URL`] = localUrl(ports.proxies[name]);
  if (service.traces === 'jaeger') {
    env['OTEL_TRACES_EXPORTER'] = 'jaeger';
    env['OTEL_EXPORTER_JAEGER_ENDPOINT'] = `${localUrl(ports.jaegerHttp)}/api/traces`;
  }
  return env;
}

export function loadProgram(options: ProgramsOptions): ChildDefinition {
  const { folders, ports, requestsPerSecond, secrets, seed } = options;
  return {
    name: 'load',
    args: [
      '--import',
      LEASH_PRELOAD,
      path.join(ROOT, 'sample-services/load/main.ts'),
      ...flagList({
        gateway: localUrl(ports.proxies.gateway),
        control: `127.0.0.1:${ports.load}`,
        rate: String(requestsPerSecond),
        curve: options.dailyCurve ? 'daily' : 'flat',
        seed: String(seed),
        log: folders.truth,
      }),
    ],
    env: { ...baseEnv(), CLIENT_ID, CLIENT_SECRET: secrets.client },
    logFile: folders.logOf('load'),
    readyUrl: `${localUrl(ports.load)}/stats`,
    comesBack: true,
  };
}

function flagList(flags: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
}

function baseEnv(): Record<string, string> {
  const env: Record<string, string> = { NODE_COMPILE_CACHE: COMPILE_CACHE };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
