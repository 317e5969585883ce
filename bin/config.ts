/**
 * `plimsoll.yaml`: one file, each room's part read by that room's schema. The
 * same code reads it for `up` and for `validate`, so what passes one starts.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { alertingSchema } from '#alerting/config.ts';
import {
  complain,
  mapped,
  notSupportedYet,
  object,
  optional,
  section,
  withDefault,
  type ReadContext,
  type Schema,
} from '#base/config/schema.ts';
import { withVariables, type Variables } from '#base/config/variables.ts';
import { parseYaml } from '#base/config/yaml.ts';
import { CodedError } from '#base/errors.ts';
import { formatProblem, type Problem } from '#base/problem.ts';
import { receiversSchema } from '#collector/config.ts';
import { EXPORTERS_SCHEMA } from '#collector/exporters/types.ts';
import { SERVICE_SCHEMA, unknownExporters } from '#collector/pipelines/config.ts';
import { PROCESSORS_SCHEMA } from '#collector/pipelines/processors.ts';
import { connectorsSchema } from '#collector/connectors/config.ts';
import { JOURNAL_CHOICE_SCHEMA } from '#journal/choice-config.ts';
import { SERVER_SCHEMA } from '#server/config.ts';
import { DOCUMENTS_SCHEMA } from '#storage/embedded/documents/config.ts';
import { METRICS_SCHEMA } from '#storage/embedded/metrics/config.ts';
import { ELASTICSEARCH_STORE_SCHEMA, REMOTE_STORE_SCHEMA } from '#storage/remote-config.ts';

const fields = object({
  receivers: section(receiversSchema, 'Where telemetry comes in.'),
  connectors: section(connectorsSchema, 'Metrics made of spans.'),
  journal: section(JOURNAL_CHOICE_SCHEMA, 'The write-ahead log of all telemetry.'),
  storage: section(
    object({
      documents: section(DOCUMENTS_SCHEMA, 'Spans and logs: DuckDB over Parquet.'),
      metrics: section(METRICS_SCHEMA, 'Metrics: series in memory, sealed chunks on disk.'),
      elasticsearch: optional(
        ELASTICSEARCH_STORE_SCHEMA,
        'Answers for spans and logs in place of the embedded store; see `exporters.elasticsearch`.',
      ),
      jaeger: optional(
        REMOTE_STORE_SCHEMA,
        'Answers for traces in place of the embedded store or Elasticsearch; see `exporters.otlphttp`.',
      ),
      prometheus: optional(
        REMOTE_STORE_SCHEMA,
        'Answers for metrics in place of the embedded store; see `exporters.prometheusremotewrite`.',
      ),
    }),
    'The embedded stores, and those that answer in their place.',
  ),
  alerting: section(alertingSchema, 'SLOs and where their pages go.'),
  server: section(SERVER_SCHEMA, 'The origin: the APIs on one address.'),
  exporters: withDefault(EXPORTERS_SCHEMA, [], 'Where telemetry goes beside the stores.'),
  processors: optional(PROCESSORS_SCHEMA, 'Accepted as far as it changes nothing.'),
  service: section(SERVICE_SCHEMA, 'Which signals go to which exporters.'),
  extensions: notSupportedYet('remove it'),
});

/** Schema of the whole file. */
export const CONFIG_SCHEMA = fields;

type ValueOf<S> = S extends Schema<infer T> ? T : never;
export type PlimsollConfig = ValueOf<typeof fields>;

/** What `up` runs with when no file is named; also the file to copy from. */
export const EMBEDDED_CONFIG_FILE = fileURLToPath(new URL('../plimsoll.yaml', import.meta.url));

export interface ReadConfig {
  /** Undefined when there is an error among the problems. */
  readonly config: PlimsollConfig | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads the text of a configuration file; an empty one means all defaults.
 *
 * @param environment what `${env:NAME}` in its values is taken from
 */
export function readConfig(file: string, text: string, environment: Variables): ReadConfig {
  const parsed = parseYaml(file, text);
  const context: ReadContext = { file, problems: [...parsed.problems] };
  if (parsed.problems.length > 0) return { config: undefined, problems: context.problems };
  const empty = { kind: 'map', place: { line: 1, column: 1 }, entries: [] } as const;
  const root = withVariables(parsed.roots[0] ?? empty, environment, (message, place) =>
    complain(context, place, '', message),
  );
  // A value that is not there would only be complained about once more.
  if (context.problems.length > 0) return { config: undefined, problems: context.problems };
  const config = whole.read(root, '', context);
  return { config, problems: context.problems };
}

/** What holds between sections. */
const whole = mapped(fields, (config, complainHere) => {
  const configured = config.exporters.map(({ id }) => id);
  const [unknown] = unknownExporters(config.service, configured);
  return unknown === undefined
    ? config
    : complainHere(`service.pipelines names the exporter ${unknown}, which is not among exporters`);
});

/**
 * Variables in its values are taken from the environment of the process.
 *
 * @param warn hears of settings that have no effect
 * @throws CodedError `PLIM_CONFIG_INVALID` with every problem, one a line
 */
export function loadConfig(file: string, warn: (problem: Problem) => void = () => {}): PlimsollConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new CodedError(
      'PLIM_CONFIG_INVALID',
      `the configuration file ${file} ${reason}; name another with --config`,
    );
  }
  const { config, problems } = readConfig(file, text, process.env);
  if (config === undefined) {
    throw new CodedError('PLIM_CONFIG_INVALID', problems.map(formatProblem).join('\n'));
  }
  problems.forEach(warn);
  return config;
}
