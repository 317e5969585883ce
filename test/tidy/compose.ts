/**
 * `docker-compose.yml` as the tests see it: what of the Compose specification it
 * uses, read with places, so that a key nobody knows is told by line.
 */
import {
  boolean,
  choice,
  duration,
  list,
  number,
  object,
  optional,
  record,
  required,
  text,
  withDefault,
  type ReadContext,
  type Schema,
} from '#base/config/schema.ts';
import { withVariables, type Variables } from '#base/config/variables.ts';
import { parseYaml, type ConfigNode } from '#base/config/yaml.ts';
import { formatProblem } from '#base/problem.ts';

const time = duration({ minMs: 100, maxMs: 600_000 });
const SIZE = /^\d+[kmg]$/;

const healthcheck = object({
  test: required(list(text()), 'Command.'),
  interval: required(time, 'Time between two.'),
  timeout: required(time, 'Time of one.'),
  retries: required(number({ min: 1, max: 100, integer: true }), 'Failures in a row.'),
});

const service = object({
  profiles: required(list(choice(['full', 'lite'])), 'Shapes it belongs to.'),
  image: required(text({ pattern: /^[\w./-]+:v?\d+\.\d+\.\d+$/, expected: 'NAME:EXACT-VERSION' }), 'Image.'),
  build: optional(text(), 'Folder it is built from.'),
  pull_policy: optional(choice(['never']), 'Whether it is fetched.'),
  user: required(text({ pattern: /^[1-9]\d*:\d+$/, expected: 'UID:GID, not root' }), 'Who runs it.'),
  command: optional(list(text()), 'Arguments.'),
  environment: withDefault(record(text()), {}, 'Variables.'),
  volumes: withDefault(list(text()), [], 'Mounts.'),
  ports: withDefault(list(text()), [], 'Published ports.'),
  networks: optional(record(object({ aliases: required(list(text()), 'Names.') })), 'Names beside its own.'),
  depends_on: withDefault(
    record(object({ condition: required(choice(['service_started', 'service_healthy']), 'When.') })),
    {},
    'Who comes first.',
  ),
  healthcheck: optional(healthcheck, 'When it is healthy.'),
  mem_limit: required(text({ pattern: SIZE, expected: 'a size such as 512m' }), 'Most memory.'),
  pids_limit: required(number({ min: 1, max: 10_000, integer: true }), 'Most processes and threads.'),
  read_only: withDefault(boolean(), false, 'Whether the root is read-only.'),
  tmpfs: withDefault(list(text({ pattern: /^\/[\w/]+:size=\d+m$/ })), [], 'Folders in memory.'),
  restart: required(choice(['unless-stopped']), 'When it is started again.'),
  init: withDefault(boolean(), false, 'Whether a small init reaps processes.'),
  stop_grace_period: optional(time, 'Time between SIGTERM and SIGKILL.'),
  cap_drop: required(list(choice(['ALL'])), 'Capabilities it does without.'),
  security_opt: required(list(choice(['no-new-privileges:true'])), 'Further restrictions.'),
  logging: required(
    object({ driver: required(text(), 'Driver.'), options: required(record(text()), 'Its options.') }),
    'Where its output goes.',
  ),
});

const file = object({
  name: required(text(), 'Project.'),
  services: required(record(service), 'Containers.'),
  volumes: required(record(object({})), 'Named volumes.'),
});

type ValueOf<S> = S extends Schema<infer T> ? T : never;
export type ComposeFile = ValueOf<typeof file>;
export type ComposeService = ValueOf<typeof service>;

export interface ReadCompose {
  /** Undefined after a problem. */
  readonly compose: ComposeFile | undefined;
  readonly problems: readonly string[];
}

/** @param variables of `.env` */
export function readCompose(source: string, variables: Variables): ReadCompose {
  const { roots, problems } = parseYaml('docker-compose.yml', source);
  const context: ReadContext = { file: 'docker-compose.yml', problems: [...problems] };
  const root = roots[0];
  let compose: ComposeFile | undefined;
  if (root !== undefined) {
    const filled = withVariables(root, variables, (message, place) =>
      context.problems.push({ ...place, file: context.file, path: '', severity: 'error', message }),
    );
    compose = file.read(withoutExtensions(filled), '', context);
  }
  return { compose, problems: context.problems.map(formatProblem) };
}

/** `x-…` is for anchors alone. */
function withoutExtensions(root: ConfigNode): ConfigNode {
  if (root.kind !== 'map') return root;
  return { ...root, entries: root.entries.filter(({ key }) => !key.startsWith('x-')) };
}

/** `NAME=value` lines; comments and empty lines are passed over. */
export function readDotEnv(source: string): Record<string, string> {
  const lines = source.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
  /** Of the project's own folder; else a named volume. */
  readonly isFile: boolean;
}

export function mountsOf({ volumes }: ComposeService): readonly Mount[] {
  return volumes.map((written) => {
    const [source = '', target = '', mode] = written.split(':');
    return { source, target, isReadOnly: mode === 'ro', isFile: /^[./]/.test(source) };
  });
}
