/** The exporter `elasticsearch` in `plimsoll.yaml`, in the keys of the Collector's exporter of that name. */
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
  section,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import { secret, withoutUser } from '#base/config/secrets.ts';
import { COMMON_FIELDS, commonConfig, type CommonConfig } from '#collector/exporters/config.ts';
import type { Routing } from '#storage/elasticsearch/core/routing.ts';
import type { Connection } from '#storage/elasticsearch/client.ts';

export interface ElasticsearchExporterConfig extends CommonConfig {
  readonly endpoints: readonly string[];
  readonly auth: Connection['auth'];
  readonly compresses: boolean;
  readonly routing: Routing;
  /** Ingest pipeline; the server's own choice when undefined. */
  readonly pipeline: string | undefined;
  /** How long data streams keep documents; 0 keeps them. */
  readonly retentionMs: number;
  /** Of one bulk request, before compression. */
  readonly requestBytesMax: number;
  /** Bulk requests in flight. */
  readonly requestsMax: number;
  /** Of items the server could not take yet, inside one call; the batch as a whole is tried again after that. */
  readonly itemRetry: ItemRetry;
}

export interface ItemRetry {
  readonly retriesMax: number;
  readonly initialMs: number;
  readonly maxMs: number;
}

const MIB = 2 ** 20;
/** Elasticsearch takes requests of 100 MB unless told otherwise. */
const REQUEST_BYTES_MAX = 64 * MIB;
const REQUESTS_MAX = 16;
const SECOND_MS = 1000;
const DAY_MS = 86_400 * SECOND_MS;

const url = withoutUser(
  text({ pattern: /^https?:\/\/[^\s/]+\/?\S*$/, expected: 'an address such as http://127.0.0.1:9200' }),
  'write them under user and password',
);
const index = text({
  pattern: /^[^-_+A-Z\\/*?"<>| ,#:][^A-Z\\/*?"<>| ,#:]{0,200}$/,
  expected: 'the name of a data stream or index',
});
const byAttributes = notSupportedYet(
  'leave it out; without logs_index and traces_index data streams are chosen by attributes',
);

const retry = object({
  enabled: withDefault(
    boolean(),
    true,
    'Whether single items the server had no room for are sent again at once.',
  ),
  max_retries: withDefault(
    number({ min: 0, max: 20, integer: true }),
    2,
    'How often; after that the whole batch waits as `retry_on_failure` says.',
  ),
  max_requests: notSupportedYet('name the number of retries under max_retries'),
  initial_interval: withDefault(
    duration({ minMs: 1, maxMs: 60 * SECOND_MS }),
    100,
    'Wait before the first of them.',
  ),
  max_interval: withDefault(
    duration({ minMs: 1, maxMs: 3600 * SECOND_MS }),
    60 * SECOND_MS,
    'The longest wait.',
  ),
  retry_on_status: notSupportedYet('remove it; items refused with 429 or 5xx are sent again'),
});

const flush = object({
  bytes: withDefault(
    bytes({ min: 1000, max: REQUEST_BYTES_MAX }),
    5_000_000,
    'Bytes of one bulk request before compression, about.',
  ),
  interval: notSupportedYet('remove it; nothing waits for a request to fill'),
});

const mapping = object({
  mode: withDefault(choice(['otel']), 'otel', 'How documents are laid out.'),
  allowed_modes: notSupportedYet('remove it; documents are laid out in the mode otel'),
});

const schema = object({
  ...COMMON_FIELDS,
  timeout: withDefault(
    duration({ minMs: 10, maxMs: 3600 * SECOND_MS }),
    90 * SECOND_MS,
    'Time one request may take, its answer included.',
  ),
  endpoint: optional(url, 'Address of a node; or `endpoints`.'),
  endpoints: optional(list(url), 'Addresses of nodes, asked in turn.'),
  cloudid: notSupportedYet('write the address under endpoint'),
  user: optional(text(), 'Name for Basic authentication, with `password`.'),
  password: optional(secret(), 'Password for it.'),
  api_key: optional(secret(), 'API key in the form `encoded`, in place of them.'),
  compression: withDefault(choice(['gzip', 'none']), 'gzip', 'How requests are packed.'),
  compression_params: notSupportedYet('remove it; the fastest level is used'),
  logs_index: optional(index, 'Data stream or index of all log records.'),
  traces_index: optional(index, 'Data stream or index of all spans.'),
  metrics_index: notSupportedYet('send metrics to an exporter for metrics'),
  logs_dynamic_index: byAttributes,
  traces_dynamic_index: byAttributes,
  metrics_dynamic_index: byAttributes,
  logs_dynamic_id: notSupportedYet('remove it; every item has an id of its own'),
  traces_dynamic_id: notSupportedYet('remove it; every item has an id of its own'),
  logstash_format: notSupportedYet('remove it; data streams roll over by themselves'),
  pipeline: optional(text({ pattern: /^\S{1,200}$/ }), 'Ingest pipeline the documents pass through.'),
  retention: withDefault(
    duration({ minMs: 0, maxMs: 3650 * DAY_MS }),
    30 * DAY_MS,
    'How long data streams made from now on keep documents after their index rolled over, where the server has lifecycles of data streams; 0 keeps them. Of several exporters to one server the longest counts. A disk fills otherwise.',
  ),
  num_workers: withDefault(
    number({ min: 1, max: REQUESTS_MAX, integer: true }),
    2,
    'Bulk requests in flight at once.',
  ),
  flush: section(flush, 'Size of requests.'),
  retry: section(retry, 'Items the server had no room for.'),
  mapping: section(mapping, 'Layout of documents.'),
  batcher: notSupportedYet('remove it; the size of requests is under flush'),
  discover: notSupportedYet('name the nodes under endpoints'),
  telemetry: notSupportedYet('remove it; what goes wrong is logged without the data'),
  include_source_on_error: notSupportedYet('remove it; what was refused is in the dead letters'),
});

/** Schema of one entry `elasticsearch` or `elasticsearch/NAME` under `exporters`. */
export const elasticsearchExporterSchema: Schema<ElasticsearchExporterConfig> = mapped(
  schema,
  (written, complainHere) => {
    const { endpoint, endpoints, user, password, api_key: apiKey } = written;
    const nodes = endpoint === undefined ? (endpoints ?? []) : [endpoint];
    if (nodes.length === 0 || (endpoint !== undefined && endpoints !== undefined))
      return complainHere('expected either endpoint or endpoints');
    if ((user === undefined) !== (password === undefined))
      return complainHere('user and password belong together');
    if (user !== undefined && apiKey !== undefined)
      return complainHere('expected either api_key or user and password');
    return {
      ...commonConfig(written),
      endpoints: nodes,
      auth: authOf(user, password, apiKey),
      compresses: written.compression === 'gzip',
      routing: { logsIndex: written.logs_index, tracesIndex: written.traces_index },
      pipeline: written.pipeline,
      retentionMs: written.retention,
      requestBytesMax: written.flush.bytes,
      requestsMax: written.num_workers,
      itemRetry: {
        retriesMax: written.retry.enabled ? written.retry.max_retries : 0,
        initialMs: written.retry.initial_interval,
        maxMs: written.retry.max_interval,
      },
    };
  },
);

function authOf(
  username: string | undefined,
  password: string | undefined,
  apiKey: string | undefined,
): Connection['auth'] {
  if (apiKey !== undefined) return { apiKey };
  return username === undefined || password === undefined ? undefined : { username, password };
}
