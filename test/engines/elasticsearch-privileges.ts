/** What our exporter and our reader may do in a secured Elasticsearch: as the how-to lists it, and not a right more. */
import { systemClock } from '#base/real/clock.ts';
import { silentLogger } from '#base/log.ts';
import { errorText } from '#base/errors.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { createElasticsearchExporter } from '#collector/exporters/elasticsearch/exporter.ts';
import type { ExportBatch } from '#collector/exporters/ports.ts';
import type { TraceId } from '#signals/ids.ts';
import type { Connection } from '#storage/elasticsearch/client.ts';
import { openElasticsearchReader } from '#storage/elasticsearch/reader.ts';
import { logSearch, logsRecord } from '#test/contract/logs.ts';
import { BASE, search, span, spansRecord, traceId } from '#test/contract/traces.ts';
import {
  connectionTo,
  exporterConfig,
  newStreams,
  RecordMaker,
  type Streams,
} from '#test/engines/elasticsearch-backend.ts';
import type { SecuredServer } from '#test/engines/secured.ts';

/** A role in Elasticsearch's words. */
export interface Rights {
  readonly cluster: readonly string[];
  /** On the streams. */
  readonly indices: readonly string[];
}

/** Stands in docs/how-to/run-at-scale.md. */
export const WRITER: Rights = {
  cluster: ['monitor'],
  indices: ['auto_configure', 'create_doc', 'maintenance', 'read'],
};
/** Of the first start with a version that has newer templates, beside those of the writer. */
export const INSTALLER: Rights = {
  cluster: ['manage_index_templates'],
  indices: ['manage'],
};
export const READER: Rights = { cluster: ['monitor'], indices: ['maintenance', 'monitor', 'read'] };

export const both = (one: Rights, other: Rights): Rights => ({
  cluster: [...one.cluster, ...other.cluster],
  indices: [...one.indices, ...other.indices],
});

/** Every role that lacks one right of `rights`, with the name of it. */
export function withoutOne(rights: Rights): readonly (readonly [lacking: string, rights: Rights])[] {
  const without = (list: readonly string[], name: string): readonly string[] =>
    list.filter((one) => one !== name);
  return [
    ...rights.cluster.map(
      (name) => [`cluster ${name}`, { ...rights, cluster: without(rights.cluster, name) }] as const,
    ),
    ...rights.indices.map(
      (name) => [`index ${name}`, { ...rights, indices: without(rights.indices, name) }] as const,
    ),
  ];
}

const PATTERNS = ['logs-*.otel-*', 'traces-*.otel-*'];

/** A user who may do nothing but this, until the next call with the same name. */
export async function putUser(
  server: SecuredServer,
  name: string,
  password: string,
  { cluster, indices }: Rights,
): Promise<void> {
  await server.json('PUT', `/_security/role/${name}`, {
    cluster,
    indices: indices.length === 0 ? [] : [{ names: PATTERNS, privileges: indices }],
  });
  await server.json('PUT', `/_security/user/${name}`, { password, roles: [name] });
}

export function securedConnection(url: string, caFile: string, auth: Connection['auth']): Connection {
  return { ...connectionTo(url), auth, tls: { ...COMMON_DEFAULT.tls, caFile } };
}

/** What goes wrong when new streams are written, and written once more; undefined when nothing does. */
export async function writeProblem(
  connection: Connection,
  streams: Streams = newStreams(),
): Promise<string | undefined> {
  const maker = new RecordMaker();
  const records = [
    maker.make(logsRecord({ service: 'shop' }, [{ nanos: BASE, body: 'x', attributes: { a: 1n } }])),
    maker.make(spansRecord({ service: 'shop' }, [span(1, 1, { attributes: { b: 'c' } })])),
  ];
  const itemRetry = { retriesMax: 0, initialMs: 1, maxMs: 1 };
  const config = exporterConfig(connection.endpoints.join(), streams, { ...connection, itemRetry });
  await using exporter = createElasticsearchExporter({ config, clock: systemClock, log: silentLogger });
  const batch = (mayRepeat: boolean): ExportBatch => ({
    records,
    mayRepeat,
    signal: new AbortController().signal,
  });
  try {
    for (const mayRepeat of [false, true]) {
      const { refused } = await exporter.export(batch(mayRepeat));
      if (refused.length > 0) return `refused: ${refused.map(({ detail }) => detail).join()}`;
    }
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/**
 * What goes wrong when every question of ours is asked; undefined when nothing does.
 *
 * @param arrive writes something new: the tail looks at the streams only then
 */
export async function readProblem(
  connection: Connection,
  streams: Streams,
  arrive: () => Promise<void> = () => Promise.resolve(),
): Promise<string | undefined> {
  await using reader = openElasticsearchReader({
    connection,
    logs: [streams.logs],
    traces: [streams.traces],
  });
  const { logs, traces } = reader;
  const filter = logSearch();
  try {
    const { records } = await logs.searchLogs(filter);
    if (records.length === 0) return 'no log records';
    await logs.logHistogram(filter, { startUnixNanos: BASE, stepNanos: 1_000_000_000n, steps: 2 });
    await logs.logFacets(filter, { valuesMax: 5 });
    await logs.logPatterns(filter, { baselineUnixNanosMin: undefined, patternsMax: 5 });
    const { next } = await logs.logArrivals(filter, { since: undefined, recordsMax: 10 });
    await arrive();
    await logs.logArrivals(filter, { since: next, recordsMax: 10 });
    await traces.services();
    await traces.operations('shop');
    await traces.searchTraces(search('shop'));
    const found = await traces.trace(traceId(1) as TraceId);
    return found === undefined ? 'no trace' : undefined;
  } catch (error) {
    return `${error instanceof Error && 'code' in error ? String(error.code) : ''} ${errorText(error)}`;
  }
}
