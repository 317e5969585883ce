/**
 * `storage.elasticsearch`, `.prometheus` and `.jaeger`: stores outside that answer
 * in place of the embedded ones. What is written to them is told under `exporters`.
 */
import {
  duration,
  list,
  mapped,
  object,
  optional,
  record,
  required,
  section,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import { secret, withoutUser } from '#base/config/secrets.ts';
import { TLS_SCHEMA, type TlsConfig } from '#base/config/tls.ts';
import type { Connection } from '#storage/elasticsearch/client.ts';

/** A store that is asked over HTTP. */
export interface RemoteStoreConfig {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly tls: TlsConfig;
}

export interface ElasticsearchStoreConfig {
  readonly connection: Connection;
  /** Streams, indices or patterns of them; those of our exporter's defaults when undefined. */
  readonly logs: readonly string[] | undefined;
  readonly traces: readonly string[] | undefined;
}

/** A page of a dashboard waits no longer. */
const TIMEOUT_MS = 25_000;

const url = withoutUser(
  text({
    pattern: /^https?:\/\/[^\s/]+\/?[^\s?#]*$/,
    expected: 'an address such as http://127.0.0.1:9090',
  }),
  'write them under user and password, or as Authorization under headers',
);
const headers = withDefault(record(secret()), {}, 'Headers added to every request.');
const tls = section(TLS_SCHEMA, 'TLS, for addresses that begin with https.');

const remote = object({
  endpoint: required(url, 'Where its API begins.'),
  headers,
  timeout: withDefault(duration({ minMs: 100, maxMs: 300_000 }), TIMEOUT_MS, 'Time one request may take.'),
  tls,
});

/** Schema of `prometheus` and `jaeger`. */
export const REMOTE_STORE_SCHEMA: Schema<RemoteStoreConfig> = mapped(remote, (written) => ({
  endpoint: written.endpoint.replace(/\/+$/, ''),
  headers: written.headers,
  timeoutMs: written.timeout,
  tls: written.tls,
}));

const index = text({ pattern: /^[^\s,/\\]{1,200}$/, expected: 'a data stream, an index or a pattern' });

const elasticsearch = object({
  endpoints: required(list(url), 'Addresses of nodes, asked in turn.'),
  user: optional(text(), 'Name for Basic authentication, with `password`.'),
  password: optional(secret(), 'Password for it.'),
  api_key: optional(secret(), 'API key in the form `encoded`, in place of them.'),
  headers,
  tls,
  logs: optional(list(index), "Where log records are; by default where our exporter's defaults put them."),
  traces: optional(list(index), 'Where spans are.'),
});

/** Schema of `elasticsearch`. */
export const ELASTICSEARCH_STORE_SCHEMA: Schema<ElasticsearchStoreConfig> = mapped(
  elasticsearch,
  (written, complainHere) => {
    const { endpoints, user, password, api_key: apiKey } = written;
    if (endpoints.length === 0) return complainHere('endpoints names no node');
    if ((user === undefined) !== (password === undefined))
      return complainHere('user and password belong together');
    if (user !== undefined && apiKey !== undefined)
      return complainHere('expected either api_key or user and password');
    const auth =
      apiKey !== undefined
        ? { apiKey }
        : user === undefined || password === undefined
          ? undefined
          : { username: user, password };
    return {
      connection: { endpoints, headers: written.headers, auth, tls: written.tls, compresses: true },
      logs: written.logs,
      traces: written.traces,
    };
  },
);
