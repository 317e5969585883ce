/** The flags of `up`, `collector` and `alerting`. */
import type { FlagDefinition } from '#bin/arguments.ts';

export const UP_FLAGS: Readonly<Record<string, FlagDefinition>> = {
  config: { value: 'FILE', help: 'configuration; without it the embedded default, plimsoll.yaml' },
  data: { value: 'DIR', help: 'data folder; default ./plimsoll-data' },
  listen: { value: 'HOST:PORT', help: 'address of the APIs; default 127.0.0.1:7300' },
  'otlp-http': { value: 'HOST:PORT', help: 'address of OTLP over HTTP; default 127.0.0.1:4318' },
  'jaeger-http': {
    value: 'HOST:PORT',
    help: "address of Jaeger's Thrift over HTTP; off without it, unless the configuration has it",
  },
  'otlp-grpc': { value: 'HOST:PORT', help: 'not supported yet' },
  slo: { value: 'DIR', help: 'folder of OpenSLO files' },
  'ready-file': { value: 'FILE', help: 'written once everything accepts, as JSON' },
  insecure: { value: undefined, help: 'allow listening off loopback without an API key' },
  'log-level': { value: 'LEVEL', help: 'debug, info, warn or error; default warn' },
  help: { value: undefined, help: 'this text' },
};

export function flagsHelp(verb: string): string {
  return flagsText(verb, UP_FLAGS);
}

/** The help of one command: its flags, one a line. */
export function flagsText(verb: string, flags: Readonly<Record<string, FlagDefinition>>): string {
  const rows = Object.entries(flags).map(([name, flag]): [string, string] => [
    `--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    flag.help,
  ]);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return `plimsoll ${verb}\n\n${rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n')}\n`;
}
