/** What the exporter `prometheusremotewrite` can be told, in the Collector's words. */
import {
  boolean,
  bytes,
  choice,
  mapped,
  notSupportedYet,
  object,
  record,
  required,
  section,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import { withoutUser } from '#base/config/secrets.ts';
import { COMMON_FIELDS, commonConfig, type CommonConfig } from '#collector/exporters/config.ts';
import type { Labels } from '#signals/matchers.ts';

const MIB = 2 ** 20;

export interface RemoteWriteConfig {
  readonly common: CommonConfig;
  readonly endpoint: string;
  /** `auto`: 2.0 where the server takes it, else 1.0. */
  readonly protocol: 'auto' | '1.0' | '2.0';
  readonly externalLabels: Labels;
  readonly namespace: string;
  readonly addsSuffixes: boolean;
  readonly addsTargetInfo: boolean;
  readonly addsResource: boolean;
  readonly sendsMetadata: boolean;
  /** Of one request, before compression. */
  readonly requestBytesMax: number;
}

const journalQueues = 'remove it; the journal is the queue, and one request after the other keeps the order';

const written = object({
  ...COMMON_FIELDS,
  endpoint: required(
    withoutUser(
      text({ pattern: /^https?:\/\/[^\s/]+/, expected: 'an address that begins with http:// or https://' }),
      'write them as Authorization under headers',
    ),
    'Where the server takes remote write: `http://prometheus:9090/api/v1/write`.',
  ),
  protobuf_message: withDefault(
    choice(['auto', 'prometheus.WriteRequest', 'io.prometheus.write.v2.Request']),
    'auto',
    'Remote write 1.0 or 2.0; `auto` takes 2.0 where the server does.',
  ),
  external_labels: withDefault(record(text()), {}, 'Labels added to every series that has none of the name.'),
  namespace: withDefault(
    text({ pattern: /^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/, expected: 'a metric name' }),
    '',
    'Put before every metric name.',
  ),
  add_metric_suffixes: withDefault(
    boolean(),
    true,
    'Units and `_total` at the end of names of OTLP metrics.',
  ),
  target_info: section(
    object({ enabled: withDefault(boolean(), true, 'Whether it is made of the resource of OTLP metrics.') }),
    'The series `target_info`.',
  ),
  resource_to_telemetry_conversion: section(
    object({ enabled: withDefault(boolean(), false, 'Whether each series bears all of them.') }),
    'Attributes of the resource as labels.',
  ),
  // Off in the Collector: there it costs a request a batch, here one a minute.
  send_metadata: withDefault(boolean(), true, 'Whether types, help texts and units are sent.'),
  max_batch_size_bytes: withDefault(
    bytes({ min: 1024, max: 64 * MIB }),
    3_000_000,
    'Size of a request before compression, about.',
  ),
  max_batch_request_parallelism: notSupportedYet(journalQueues),
  remote_write_queue: notSupportedYet(journalQueues),
  wal: notSupportedYet('remove it; the journal is the write-ahead log'),
  export_created_metric: notSupportedYet('remove it; start times are not kept'),
  disable_scope_info: notSupportedYet('remove it; name and version of the scope are always labels'),
  translation_strategy: notSupportedYet('say it with add_metric_suffixes'),
  metric_resource_constant_labels: notSupportedYet('say it with external_labels'),
});

const PROTOCOLS = {
  auto: 'auto',
  'prometheus.WriteRequest': '1.0',
  'io.prometheus.write.v2.Request': '2.0',
} as const;

/** Schema of an exporter `prometheusremotewrite`. */
export const remoteWriteSchema: Schema<RemoteWriteConfig> = mapped(written, (value, complainHere) => {
  const { external_labels: externalLabels } = value;
  const bad = Object.keys(externalLabels).find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
  if (bad !== undefined) return complainHere(`external_labels: ${bad} is not the name of a label`);
  return {
    common: commonConfig(value),
    endpoint: value.endpoint,
    protocol: PROTOCOLS[value.protobuf_message],
    externalLabels,
    namespace: value.namespace,
    addsSuffixes: value.add_metric_suffixes,
    addsTargetInfo: value.target_info.enabled,
    addsResource: value.resource_to_telemetry_conversion.enabled,
    sendsMetadata: value.send_metadata,
    requestBytesMax: value.max_batch_size_bytes,
  };
});
