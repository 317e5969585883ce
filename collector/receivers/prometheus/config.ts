/**
 * `receivers.prometheus`: the scrape section of Prometheus' own configuration,
 * as far as static targets go. A scrape section that needs more is refused by
 * the name of the key, never scraped in another way than it asks for.
 */
import {
  boolean,
  bytes,
  choice,
  duration,
  list,
  mapped,
  notSupportedYet,
  number,
  object,
  optional,
  record,
  required,
  section,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import type { Labels } from '#signals/matchers.ts';

/** One target with everything a scrape of it needs. */
export interface ScrapeTarget {
  readonly job: string;
  readonly url: string;
  /** `job`, `instance` and what the configuration adds: on every series of it. */
  readonly labels: Labels;
  readonly intervalMs: number;
  /** Never longer than the interval. */
  readonly timeoutMs: number;
  /** Labels of the target's own win over ours; else they get the prefix `exported_`. */
  readonly honorLabels: boolean;
  /** Times the target writes are taken; else all samples have the time of the scrape. */
  readonly honorTimestamps: boolean;
  /** As sent, and again inflated. */
  readonly bodyBytesMax: number;
  readonly samplesMax: number;
  /** Of one series, ours included; undefined: the store's own limit alone holds. */
  readonly labelsMax: number | undefined;
}

export interface PrometheusConfig {
  readonly targets: readonly ScrapeTarget[];
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** Each target costs a connection at a time and the series of its last scrape. */
const TARGETS_MAX = 1000;
const TIMEOUT_MS = 10_000;

const interval = duration({ minMs: 100, maxMs: 24 * 3_600_000 });
const timeout = duration({ minMs: 10, maxMs: 3_600_000 });

const global = object({
  scrape_interval: withDefault(interval, 60_000, 'Time from one scrape of a target to the next.'),
  scrape_timeout: optional(
    timeout,
    'Time a scrape may take; 10 s, or the interval where that is shorter, without it.',
  ),
  evaluation_interval: notSupportedYet('remove it; nothing is evaluated here'),
  external_labels: notSupportedYet('remove it; add the labels under static_configs'),
});

const staticConfig = object({
  targets: required(
    list(
      text({
        pattern: /^(?:\[[0-9a-fA-F:.]+\]|[^\s:/?#@[\]]+)(?::\d{1,5})?$/,
        expected: 'HOST:PORT, without a scheme or a path',
      }),
    ),
    'Targets, HOST:PORT each; the value of their label instance.',
  ),
  labels: optional(record(text()), 'Labels to add to every series of these targets.'),
});

const discovery = 'remove it and name the targets under static_configs';
const relabeling = 'remove it; series are kept as the target shows them';
const secrets = 'remove it; only targets that ask for nothing can be scraped';

const scrapeConfig = object({
  job_name: required(text({ pattern: /^.+$/s, expected: 'a name' }), 'The value of the label job.'),
  scrape_interval: optional(interval, 'Instead of the one under global.'),
  scrape_timeout: optional(timeout, 'Instead of the one under global; at most the interval.'),
  metrics_path: withDefault(
    text({ pattern: /^\/[^\s#]*$/, expected: 'a path such as /metrics' }),
    '/metrics',
    'Path on the targets.',
  ),
  scheme: withDefault(choice(['http', 'https']), 'http', 'How to reach the targets.'),
  static_configs: withDefault(list(staticConfig), [], 'The targets.'),
  honor_labels: withDefault(
    boolean(),
    false,
    "Whether a target's own labels win over those added here; else they become `exported_…`.",
  ),
  honor_timestamps: withDefault(boolean(), true, 'Whether times written by the target are taken.'),
  // Prometheus has no limit by default; 64 MiB are a million series.
  body_size_limit: withDefault(
    bytes({ min: KIB, max: 256 * MIB }),
    64 * MIB,
    'Largest answer, as sent and again after decompression; a larger one fails the scrape.',
  ),
  // A service shows a few hundred to a few thousand.
  sample_limit: withDefault(
    number({ min: 1, max: 1_000_000, integer: true }),
    100_000,
    'Samples of one scrape; more fail it.',
  ),
  label_limit: optional(
    number({ min: 1, max: 1000, integer: true }),
    'Labels of one series, those added here included; a series with more fails the scrape.',
  ),
  params: notSupportedYet('write the query behind metrics_path'),
  relabel_configs: notSupportedYet(relabeling),
  metric_relabel_configs: notSupportedYet(relabeling),
  basic_auth: notSupportedYet(secrets),
  authorization: notSupportedYet(secrets),
  oauth2: notSupportedYet(secrets),
  tls_config: notSupportedYet(secrets),
  proxy_url: notSupportedYet('remove it; targets are reached directly'),
  follow_redirects: notSupportedYet('remove it; redirects are never followed'),
  file_sd_configs: notSupportedYet(discovery),
  dns_sd_configs: notSupportedYet(discovery),
  http_sd_configs: notSupportedYet(discovery),
  kubernetes_sd_configs: notSupportedYet(discovery),
  consul_sd_configs: notSupportedYet(discovery),
  docker_sd_configs: notSupportedYet(discovery),
  label_name_length_limit: notSupportedYet('remove it; the store has a limit of its own'),
  label_value_length_limit: notSupportedYet('remove it; the store has a limit of its own'),
  target_limit: notSupportedYet('remove it; targets are counted when the file is read'),
  scrape_classic_histograms: notSupportedYet('remove it; classic histograms are all there is'),
});

type Value<S> = S extends Schema<infer T> ? T : never;
type Global = Value<typeof global>;
type ScrapeConfig = Value<typeof scrapeConfig>;

const written = object({
  config: section(
    object({
      global: section(global, 'What holds for every scrape section that does not say otherwise.'),
      scrape_configs: withDefault(list(scrapeConfig), [], 'Whom to scrape.'),
    }),
    "The configuration in Prometheus' own words.",
  ),
});

/** Schema of the key `receivers.prometheus`. */
export const prometheusSchema: Schema<PrometheusConfig> = mapped(written, ({ config }, complainHere) => {
  const problem = problemOf(config.scrape_configs, config.global);
  if (problem !== undefined) return complainHere(problem);
  const targets = config.scrape_configs.flatMap((scrape) => targetsOf(scrape, config.global));
  if (targets.length > TARGETS_MAX) return complainHere(`${targets.length} targets; at most ${TARGETS_MAX}`);
  const twice = repeated(targets.map(({ labels, url }) => JSON.stringify([labels, url])));
  return twice === undefined ? { targets } : complainHere(`a target is named twice: ${twice}`);
});

/** What is wrong with sections that are each right by themselves. */
function problemOf(scrapes: readonly ScrapeConfig[], shared: Global): string | undefined {
  const twice = repeated(scrapes.map(({ job_name: job }) => job));
  if (twice !== undefined) return `job_name ${twice} is used twice; each scrape section needs its own`;
  for (const scrape of scrapes) {
    const problem = timesProblem(scrape, shared) ?? labelsProblem(scrape);
    if (problem !== undefined) return `job ${scrape.job_name}: ${problem}`;
  }
  return undefined;
}

function timesProblem(scrape: ScrapeConfig, shared: Global): string | undefined {
  const intervalMs = scrape.scrape_interval ?? shared.scrape_interval;
  const timeoutMs = scrape.scrape_timeout ?? shared.scrape_timeout ?? 0;
  if (timeoutMs <= intervalMs) return undefined;
  return `scrape_timeout (${timeoutMs} ms) is longer than scrape_interval (${intervalMs} ms)`;
}

function labelsProblem({ static_configs: groups }: ScrapeConfig): string | undefined {
  for (const name of groups.flatMap(({ labels = {} }) => Object.keys(labels))) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return `the label ${name} has characters no label has`;
    if (name.startsWith('__')) return `the label ${name} begins with __, which is reserved for relabeling`;
  }
  return undefined;
}

function targetsOf(scrape: ScrapeConfig, shared: Global): ScrapeTarget[] {
  const intervalMs = scrape.scrape_interval ?? shared.scrape_interval;
  const { job_name: job } = scrape;
  return scrape.static_configs.flatMap(({ targets, labels }) =>
    targets.map((instance) => ({
      job,
      url: `${scrape.scheme}://${instance}${scrape.metrics_path}`,
      labels: withoutEmpty({ job, instance, ...labels }),
      intervalMs,
      timeoutMs: scrape.scrape_timeout ?? shared.scrape_timeout ?? Math.min(TIMEOUT_MS, intervalMs),
      honorLabels: scrape.honor_labels,
      honorTimestamps: scrape.honor_timestamps,
      bodyBytesMax: scrape.body_size_limit,
      samplesMax: scrape.sample_limit,
      labelsMax: scrape.label_limit,
    })),
  );
}

function withoutEmpty(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

function repeated(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}
