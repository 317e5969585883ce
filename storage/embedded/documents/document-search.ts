/**
 * Searches over documents: the rows that can match come out of DuckDB with the
 * columns that are needed, each is tested, the first ones and what is counted of
 * all are kept, and whole rows are read of those shown. A part of the answer that
 * grows with the data is bounded: see `DOCUMENTS_MAX` and the aggregations' budget.
 */
import { CodedError } from '#base/errors.ts';
import type { StreamType } from '#signals/elasticsearch/fields.ts';
import type {
  DocumentField,
  DocumentSearch,
  DocumentSearchAnswer,
  DocumentSearchRequest,
  FoundDocument,
} from '#storage/document-search.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { candidates, type Signal } from '#storage/embedded/documents/core/manifest.ts';
import { AggregationRun } from '#storage/embedded/documents/core/search/aggregate/compile.ts';
import type { OpenBucket } from '#storage/embedded/documents/core/search/aggregate/buckets.ts';
import {
  IDENTITY_COLUMNS,
  JointFields,
  STREAM_CELL,
  StreamFields,
  type Cells,
} from '#storage/embedded/documents/core/search/field-access.ts';
import { foundDocuments } from '#storage/embedded/documents/core/search/found.ts';
import { compileClause } from '#storage/embedded/documents/core/search/match.ts';
import {
  candidateOrder,
  documentKey,
  FirstDocuments,
  isAfter,
  keyText,
  SortReader,
  TIME_COLUMN,
  type Candidate,
} from '#storage/embedded/documents/core/search/order.ts';
import {
  ALL_TIME,
  prefilter,
  timeRange,
  type TimeRange,
} from '#storage/embedded/documents/core/search/prefilter.ts';
import { SeenFields } from '#storage/embedded/documents/core/search/types-seen.ts';
import { COLUMNS } from '#storage/embedded/documents/tail.ts';
import { Conditions } from '#storage/embedded/documents/trace-queries.ts';
import { groupsOf, type Group, type View, type Views } from '#storage/embedded/documents/views.ts';
import { DOCUMENTS_MAX } from '#storage/document-search.ts';

/** Newest documents looked at for the names of attributes. */
const FIELD_DOCUMENTS_MAX = 5000;
/** Documents read whole by one statement. */
const READ_AT_ONCE = 500;

const SIGNALS: Readonly<Record<StreamType, Signal>> = { logs: 'logs', traces: 'spans' };

export class DocumentSearcher implements DocumentSearch {
  readonly #views: Views;

  constructor(views: Views) {
    this.#views = views;
  }

  searchDocuments(request: DocumentSearchRequest, signal?: AbortSignal): Promise<DocumentSearchAnswer> {
    const last = request.from + request.size;
    if (!(last >= 0 && last <= DOCUMENTS_MAX))
      throw new CodedError('PLIM_PARAMETER', `from + size is ${last}; expected at most ${DOCUMENTS_MAX}`);
    return this.#views.use((view) => new Search(this.#views, view, request, signal).run());
  }

  documentFields(stream: StreamType, signal?: AbortSignal): Promise<readonly DocumentField[]> {
    return this.#views.use(async (view) => {
      const fields = new StreamFields(stream);
      const seen = new SeenFields();
      let left = FIELD_DOCUMENTS_MAX;
      for (const { source } of groups(view, stream, ALL_TIME)) {
        if (left === 0) break;
        const conditions = new Conditions();
        const sql = `select ${columnsOf(stream, fields.allColumns).join(', ')} from ${source}
          order by ${TIME_COLUMN[stream]} desc limit ${conditions.bind(left)}`;
        await this.#views.stream({ sql, parameters: conditions.parameters }, signal, (row) => {
          seen.take(row, fields);
          left -= 1;
        });
      }
      return seen.list();
    });
  }
}

/** One search over one view. */
class Search {
  readonly #views: Views;
  readonly #view: View;
  readonly #request: DocumentSearchRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #streams: readonly StreamFields[];
  readonly #first: FirstDocuments;
  readonly #all: OpenBucket;
  readonly #columns: readonly string[];
  #total = 0;

  constructor(views: Views, view: View, request: DocumentSearchRequest, signal: AbortSignal | undefined) {
    this.#views = views;
    this.#view = view;
    this.#request = request;
    this.#signal = signal;
    this.#streams = request.streams.map((stream) => new StreamFields(stream));
    this.#first = new FirstDocuments(request.from + request.size, candidateOrder(request.sort));
    const level = new AggregationRun(request.aggregations).level(new JointFields(this.#streams));
    this.#all = level.open();
    this.#columns = level.columns;
  }

  async run(): Promise<DocumentSearchAnswer> {
    for (const fields of this.#streams) await this.#scan(fields);
    const { from } = this.#request;
    const shown = this.#first.sorted().slice(from);
    return {
      total: this.#total,
      found: await this.#read(shown),
      aggregations: this.#all.results(),
    };
  }

  async #scan(fields: StreamFields): Promise<void> {
    const { query, sort, after, size } = this.#request;
    const { stream } = fields;
    const test = compileClause(query, fields);
    const sorts = new SortReader(sort, fields);
    const isWanted = after === undefined ? () => true : isAfter(sort, after);
    const needed = [...test.columns, ...this.#columns, ...(size === 0 ? [] : sorts.columns)];
    const identity = size === 0 ? [] : [...IDENTITY_COLUMNS, TIME_COLUMN[stream]];
    const columns = columnsOf(stream, [...needed, ...identity]);
    const certain = prefilter(query, stream);
    const take = (cells: Cells): void => {
      if (!test.matches(cells)) return;
      this.#total += 1;
      this.#all.take(cells);
      if (size === 0) return;
      const key = documentKey(cells, stream);
      const candidate = { key, sort: sorts.read(cells, key) };
      if (isWanted(candidate)) this.#first.offer(candidate);
    };
    for (const { source } of groups(this.#view, stream, timeRange(query))) {
      const conditions = new Conditions();
      if (certain !== undefined) conditions.add(certain((value) => conditions.bind(value)));
      const sql = `select ${[`'${stream}' as ${STREAM_CELL}`, ...columns].join(', ')} from ${source} ${conditions.where}`;
      await this.#views.stream({ sql, parameters: conditions.parameters }, this.#signal, take);
    }
  }

  /** Whole rows of the candidates, in their order. */
  async #read(shown: readonly Candidate[]): Promise<readonly FoundDocument[]> {
    const found = new Map<string, FoundDocument>();
    for (const fields of this.#streams) {
      const make = foundDocuments(this.#request, fields);
      const wanted = shown.filter(({ key }) => key.stream === fields.stream);
      for (let at = 0; at < wanted.length; at += READ_AT_ONCE) {
        const part = new Map(wanted.slice(at, at + READ_AT_ONCE).map((one) => [keyText(one.key), one]));
        await this.#readPart(fields.stream, part, (row, candidate) => {
          found.set(keyText(candidate.key), make(row, candidate));
        });
      }
    }
    return shown.map(({ key }) => found.get(keyText(key))).filter((one) => one !== undefined);
  }

  async #readPart(
    stream: StreamType,
    part: ReadonlyMap<string, Candidate>,
    take: (row: Row, candidate: Candidate) => void,
  ): Promise<void> {
    const keys = [...part.values()].map(({ key }) => key);
    const times = keys.map(({ unixNanos }) => unixNanos);
    const range = {
      min: times.reduce((a, b) => (a < b ? a : b)),
      max: times.reduce((a, b) => (a > b ? a : b)),
    };
    let left = part.size;
    for (const { source } of groups(this.#view, stream, range)) {
      if (left === 0) break;
      const conditions = new Conditions();
      const time = TIME_COLUMN[stream];
      conditions.add(`${time} >= ${conditions.bind(range.min)} and ${time} <= ${conditions.bind(range.max)}`);
      const sequences = [...new Set(keys.map(({ sequence }) => sequence))].map((one) => conditions.bind(one));
      conditions.add(`sequence in (${sequences.join(', ')})`);
      const query = { sql: `select * from ${source} ${conditions.where}`, parameters: conditions.parameters };
      await this.#views.stream(query, this.#signal, (row) => {
        const candidate = part.get(keyText(documentKey(row, stream)));
        if (candidate === undefined) return;
        left -= 1;
        take(row, candidate);
      });
    }
  }
}

function groups(view: View, stream: StreamType, { min, max }: TimeRange): Iterable<Group> {
  const signal = SIGNALS[stream];
  const files = candidates(view.files, { signal, minUnixNanos: min, maxUnixNanos: max, service: undefined });
  return groupsOf(view, files, signal, true);
}

/** Each once, and only those the table has. */
function columnsOf(stream: StreamType, columns: readonly string[]): readonly string[] {
  const there = new Set(COLUMNS[SIGNALS[stream]].map(([name]) => name));
  return [...new Set(columns)].filter((column) => there.has(column));
}
