/**
 * Which ids a stream holds. `create` refuses an id only within one index of a
 * stream, the one that is written to: after a rollover the same id would be
 * stored a second time. A search goes over all of them, and sees what was
 * written before a refresh.
 */
import { NoAnswerError, type EsAnswer, type EsRequest } from '#storage/elasticsearch/client.ts';
import { refusal } from '#storage/elasticsearch/core/answers.ts';

/**
 * Those of `ids` that are stored.
 *
 * @param ids at most 10,000
 * @throws NoAnswerError, also when a part of the stream cannot be asked
 */
export async function storedIds(
  request: (request: EsRequest) => Promise<EsAnswer>,
  stream: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const path = `/${encodeURIComponent(stream)}`;
  const refreshed = await request({ method: 'POST', path: `${path}/_refresh` });
  if (refreshed.status === 404) return [];
  expectComplete(refreshed);
  const found = await request({
    method: 'POST',
    path: `${path}/_search`,
    query: { filter_path: 'hits.hits._id,_shards', allow_partial_search_results: 'false' },
    body: JSON.stringify({
      size: ids.length,
      query: { ids: { values: ids } },
      _source: false,
      sort: ['_doc'],
      track_total_hits: false,
    }),
  });
  expectComplete(found);
  const { hits } = found.body as { hits?: { hits?: { _id: string }[] } };
  return (hits?.hits ?? []).map(({ _id }) => _id);
}

/** A shard that does not answer may hold what is asked for. */
function expectComplete(answer: EsAnswer): void {
  if (answer.status !== 200) throw new NoAnswerError('unreachable', refusal(answer));
  const { _shards: shards } = answer.body as { _shards?: { failed?: number } };
  if (shards?.failed !== 0) throw new NoAnswerError('unreachable', 'a part of the stream cannot be asked');
}
