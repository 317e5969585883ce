/**
 * What has arrived since, each record once: by the numbers every shard gives its
 * operations, whatever time a record bears and whoever wrote it.
 */
import type { LogArrivals } from '#storage/ports.ts';
import {
  placesOf,
  placesToText,
  rangesBetween,
  type Places,
  type ShardRange,
} from '#storage/elasticsearch/core/places.ts';
import { Decoder, SOURCE_FIELDS, type Hit } from '#storage/elasticsearch/incoming.ts';
import { all, sortBy, type Clause } from '#storage/elasticsearch/queries.ts';
import type { Searches } from '#storage/elasticsearch/searches.ts';

interface Wanted {
  readonly query: Clause;
  readonly recordsMax: number;
}

export class Arrivals {
  readonly #searches: Searches;

  constructor(searches: Searches) {
    this.#searches = searches;
  }

  async since(
    before: Places | undefined,
    { query, recordsMax }: Wanted,
    signal: AbortSignal | undefined,
  ): Promise<LogArrivals> {
    const now = await this.#places(signal);
    const next = placesToText(now);
    const ranges = before === undefined ? [] : rangesBetween(before, now);
    if (ranges.length === 0) return { records: [], skipped: 0, next };
    // Only what was done before this is seen; everything up to `now` was.
    await this.#searches.request(
      { method: 'POST', path: `/${this.#searches.target()}/_refresh`, query: ANY },
      signal,
    );
    let total = 0;
    const hits: Hit[] = [];
    for (const range of ranges) {
      const found = await this.#of(range, { query, recordsMax }, signal);
      total += found.total;
      hits.push(...found.hits);
    }
    const records = new Decoder()
      .logs(hits)
      .toSorted((a, b) => (a.unixNanos === b.unixNanos ? 0 : a.unixNanos > b.unixNanos ? -1 : 1))
      .slice(0, recordsMax);
    return { records, skipped: total - records.length, next };
  }

  /** One shard at a time: another one counts its operations for itself. */
  async #of(
    { index, shard, after, upTo }: ShardRange,
    { query, recordsMax }: Wanted,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly total: number; readonly hits: readonly Hit[] }> {
    const operations = { range: { _seq_no: { gt: after, lte: upTo } } };
    const { hits } = await this.#searches.search(
      {
        size: recordsMax,
        query: all([query, operations]),
        sort: sortBy('desc'),
        track_total_hits: true,
        _source: SOURCE_FIELDS,
      },
      signal,
      { index, shard },
    );
    return { total: hits.total?.value ?? 0, hits: hits.hits };
  }

  async #places(signal: AbortSignal | undefined): Promise<Places> {
    const query = {
      ...ANY,
      level: 'shards',
      filter_path: 'indices.*.shards.*.seq_no.global_checkpoint,indices.*.shards.*.routing.primary',
    };
    const path = `/${this.#searches.target()}/_stats/docs`;
    return placesOf(await this.#searches.request({ method: 'GET', path, query }, signal));
  }
}

/** There may be no stream yet. */
const ANY = { ignore_unavailable: 'true', allow_no_indices: 'true' };
