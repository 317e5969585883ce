/**
 * The part of Elasticsearch's API that Grafana's data source and stock clients
 * use, over the documents here: two data streams that are read, one of which can
 * be written. What is not here answers 404 in Elasticsearch's shape.
 */
import { Router, type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { ElasticError, illegal } from '#server/elasticsearch/core/errors.ts';
import { matchesName, streamsOf } from '#server/elasticsearch/core/indices.ts';
import { fieldCapsAnswer, mappingAnswer, type StreamFieldList } from '#server/elasticsearch/core/mapping.ts';
import { manyAt, textAt } from '#server/elasticsearch/core/read.ts';
import { answer, sendElasticError } from '#server/elasticsearch/answers.ts';
import { bodyText, jsonObject, textBody } from '#server/elasticsearch/bodies.ts';
import { bulk, BULK_BYTES_MAX, type RecordIntake } from '#server/elasticsearch/bulk.ts';
import type { Remote } from '#base/rpc.ts';
import {
  count,
  flag,
  indexOf,
  manySearches,
  search,
  type SearchParts,
} from '#server/elasticsearch/searching.ts';

export interface ElasticsearchParts extends SearchParts {
  readonly version: string;
  /** Undefined where nothing is taken in: `_bulk` is then not there. */
  readonly intake?: Remote<RecordIntake> | undefined;
}

/** The version clients take us for: the API is that of this one. */
const ELASTICSEARCH_VERSION = '9.4.3';

/** Mounted at `/es`. */
export function elasticsearchRoutes(parts: ElasticsearchParts): Router {
  const router = Router();
  const { intake } = parts;
  if (intake !== undefined) {
    const taking = answer((request, signal) => bulk(request, { ...parts, intake }, signal));
    const paths = ['/_bulk', '/:index/_bulk'];
    router.post(paths, textBody(BULK_BYTES_MAX), taking);
    router.put(paths, textBody(BULK_BYTES_MAX), taking);
  }
  router.use(textBody());
  router.get(
    '/',
    answer(() => Promise.resolve(about(parts.version))),
  );
  router.get(
    ['/_cluster/health', '/_cluster/health/:index'],
    answer(() => Promise.resolve(HEALTH)),
  );
  const searching = answer((request, signal) => search(request, parts, signal));
  both(router, ['/_search', '/:index/_search'], searching);
  const many = answer((request, signal) => manySearches(request, parts, signal));
  both(router, ['/_msearch', '/:index/_msearch'], many);
  const counting = answer((request, signal) => count(request, parts, signal));
  both(router, ['/_count', '/:index/_count'], counting);
  const caps = answer((request, signal) => fieldCaps(request, parts, signal));
  both(router, ['/_field_caps', '/:index/_field_caps'], caps);
  router.get(
    ['/_mapping', '/:index/_mapping'],
    answer(async (request, signal) => mappingAnswer(await fieldLists(request, parts, signal))),
  );
  router.head('/:index', answer(exists));
  router.use(notFound);
  router.use(lastResort);
  return router;
}

function both(router: Router, paths: readonly string[], handler: RequestHandler): void {
  router.get([...paths], handler);
  router.post([...paths], handler);
}

function about(version: string) {
  return {
    name: 'plimsoll',
    cluster_name: 'plimsoll',
    cluster_uuid: '_na_',
    version: {
      number: ELASTICSEARCH_VERSION,
      build_flavor: 'default',
      build_type: 'plimsoll',
      build_hash: version,
      build_date: '1970-01-01T00:00:00.000Z',
      build_snapshot: false,
      lucene_version: '10.4.0',
      minimum_wire_compatibility_version: '8.19.0',
      minimum_index_compatibility_version: '8.0.0',
    },
    tagline: 'You Know, for Search',
  };
}

/** One node; when it answers all is well. */
const HEALTH = {
  cluster_name: 'plimsoll',
  status: 'green',
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  active_primary_shards: 2,
  active_shards: 2,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
  delayed_unassigned_shards: 0,
  number_of_pending_tasks: 0,
  number_of_in_flight_fetch: 0,
  task_max_waiting_in_queue_millis: 0,
  active_shards_percent_as_number: 100,
};

async function fieldLists(
  request: Request,
  { reader }: ElasticsearchParts,
  signal: AbortSignal,
): Promise<readonly StreamFieldList[]> {
  const query = request.query as Readonly<Record<string, unknown>>;
  const streams = streamsOf(indexOf(request), flag(query, 'ignore_unavailable'));
  const lists: StreamFieldList[] = [];
  for (const stream of streams)
    lists.push({ stream, attributes: await reader.documentFields(stream, signal) });
  return lists;
}

/** Patterns of names in one request. */
const PATTERNS_MAX = 100;

async function fieldCaps(request: Request, parts: ElasticsearchParts, signal: AbortSignal) {
  const { fields } = { ...request.query, ...jsonObject(bodyText(request)) } as { readonly fields?: unknown };
  if (fields === undefined) throw illegal("specified fields can't be null or empty");
  const patterns = manyAt(fields).flatMap((one) => textAt(one, 'fields').split(','));
  if (patterns.length > PATTERNS_MAX) throw illegal(`[fields] has more than ${PATTERNS_MAX} patterns`);
  const lists = await fieldLists(request, parts, signal);
  return fieldCapsAnswer(lists, (name) => patterns.some((pattern) => matchesName(pattern, name)));
}

function exists(request: Request): Promise<unknown> {
  streamsOf(indexOf(request), false);
  return Promise.resolve({});
}

const notFound: RequestHandler = (request, response) => {
  const reason = `there is nothing under ${request.method} ${request.baseUrl}${request.path}`;
  sendElasticError(request, response, new ElasticError(404, 'resource_not_found_exception', reason));
};

/** A body that cannot be read, or a path whose escapes are broken, never reaches its route. */
const lastResort: ErrorRequestHandler = (error: unknown, request, response, _next) =>
  sendElasticError(request, response, error);
