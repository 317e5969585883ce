/** From a command line to everything a start needs, checked. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { parseAddress, type Address } from '#base/config/schema.ts';
import { CodedError } from '#base/errors.ts';
import { formatProblem } from '#base/problem.ts';
import type { LogLevel } from '#base/real/log.ts';
import { parseArguments } from '#bin/arguments.ts';
import { EMBEDDED_CONFIG_FILE, loadConfig, type PlimsollConfig } from '#bin/config.ts';
import { JAEGER_HTTP_DEFAULT, type JaegerConfig } from '#collector/receivers/jaeger-thrift/config.ts';
import { UP_FLAGS } from '#bin/verbs/flags.ts';
import { isLoopback } from '#base/real/http-access.ts';

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface UpSettings {
  readonly config: PlimsollConfig;
  readonly dataDirectory: string;
  readonly listen: Address;
  readonly otlpHttp: Address;
  readonly jaeger: JaegerConfig;
  readonly sloDirectory: string | undefined;
  readonly readyFile: string | undefined;
  readonly logLevel: LogLevel;
}

/**
 * Flags over file over defaults.
 *
 * @returns undefined when `--help` is asked for
 * @throws CodedError `PLIM_USAGE`, `PLIM_CONFIG_INVALID`, `PLIM_LISTEN_REFUSED`
 */
export function readSettings(verb: string, argv: readonly string[]): UpSettings | undefined {
  const { flags, positional } = parseArguments(argv, UP_FLAGS);
  if (flags['help'] !== undefined) return undefined;
  if (positional.length > 0) {
    throw new CodedError('PLIM_USAGE', `plimsoll ${verb} takes no argument, got ${positional.join(' ')}`);
  }
  if (flags['otlp-grpc'] !== undefined) {
    throw new CodedError('PLIM_USAGE', '--otlp-grpc is not supported yet; send OTLP over HTTP (--otlp-http)');
  }
  const configFile = flags['config'] ?? EMBEDDED_CONFIG_FILE;
  const config = loadConfig(configFile, (problem) =>
    process.stderr.write(`plimsoll: ${formatProblem(problem)}\n`),
  );
  const settings: UpSettings = {
    config,
    dataDirectory: flags['data'] ?? 'plimsoll-data',
    listen: addressFlag(flags, 'listen') ?? config.server.endpoint,
    otlpHttp: addressFlag(flags, 'otlp-http') ?? config.receivers.otlp.http.endpoint,
    jaeger: jaegerOf(config, addressFlag(flags, 'jaeger-http')),
    sloDirectory: sloFolder(config, flags),
    readyFile: flags['ready-file'],
    logLevel: logLevel(flags['log-level']),
  };
  refuseOpenDoors(settings, flags['insecure'] !== undefined);
  return settings;
}

/** The flag switches Thrift over HTTP on, with the limits of the file or the usual ones. */
function jaegerOf({ receivers }: PlimsollConfig, endpoint: Address | undefined): JaegerConfig {
  const { jaeger } = receivers;
  return endpoint === undefined
    ? jaeger
    : { ...jaeger, http: { ...(jaeger.http ?? JAEGER_HTTP_DEFAULT), endpoint } };
}

/** The embedded default names a folder in the working folder, and nobody has to have it. */
function sloFolder(config: PlimsollConfig, flags: Readonly<Record<string, string>>): string | undefined {
  const configFile = flags['config'];
  const folder = flags['slo'] ?? writtenSloFolder(config, configFile ?? '.');
  if (folder === undefined || isFolder(folder)) return folder;
  if (flags['slo'] === undefined && configFile === undefined) return undefined;
  const key = flags['slo'] === undefined ? 'alerting.slos' : '--slo';
  throw new CodedError(
    'PLIM_SLO_INVALID',
    `${key} ${folder} is not a folder that can be read; make it, or name another`,
  );
}

/** The folder of SLOs a file names: it stands beside that file. */
export function writtenSloFolder(config: PlimsollConfig, configFile: string): string | undefined {
  const written = config.alerting.slosDir;
  return written === undefined ? undefined : path.resolve(path.dirname(configFile), written);
}

export function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function addressFlag(flags: Readonly<Record<string, string>>, name: string): Address | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  const address = parseAddress(value);
  if (address === undefined) {
    throw new CodedError('PLIM_USAGE', `--${name} ${value}: expected HOST:PORT, such as 127.0.0.1:7300`);
  }
  return address;
}

function logLevel(value: string | undefined): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === (value ?? 'warn'));
  if (level === undefined) {
    throw new CodedError(
      'PLIM_USAGE',
      `--log-level ${value ?? ''}: expected one of ${LOG_LEVELS.join(', ')}`,
    );
  }
  return level;
}

/** Off loopback anyone on the network could read and write: a key or an explicit word is needed. */
function refuseOpenDoors(settings: UpSettings, insecure: boolean): void {
  if (insecure) return;
  const { http, compact, binary } = settings.jaeger;
  for (const [protocol, udp] of Object.entries({ compact, binary })) {
    if (udp === undefined || isLoopback(udp.endpoint.host)) continue;
    throw new CodedError(
      'PLIM_LISTEN_REFUSED',
      `receivers.jaeger.protocols.thrift_${protocol}.endpoint ${udp.endpoint.host} can be reached from other machines, and UDP cannot ask for a key: listen on loopback, or say --insecure`,
    );
  }
  if (settings.config.server.apiKey !== undefined) return;
  for (const [flag, { host }] of [
    ['--listen', settings.listen],
    ['--otlp-http', settings.otlpHttp],
    ...(http === undefined ? [] : [['--jaeger-http', http.endpoint] as const]),
  ] as const) {
    if (isLoopback(host)) continue;
    throw new CodedError(
      'PLIM_LISTEN_REFUSED',
      `${flag} ${host} can be reached from other machines: set server.api_key in the configuration, or say --insecure`,
    );
  }
}
