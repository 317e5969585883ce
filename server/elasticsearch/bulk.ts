/**
 * `_bulk`: documents in OTel mode become log records and enter by the journal
 * like those of any receiver; each is acknowledged when it is durable. Ids are
 * made here: a request that brings its own is refused, because it could not be
 * kept from doubling.
 */
import type { Request } from 'express';
import { sleep, type Clock } from '#base/clock.ts';
import { invariant } from '#base/invariant.ts';
import type { Remote } from '#base/rpc.ts';
import type { RecordDraft } from '#journal/ports.ts';
import { DEFAULT_TENANT, itemId, type RecordId } from '#signals/ids.ts';
import { admitLogs } from '#signals/otlp/admit.ts';
import { translateLogsJson } from '#signals/otlp/json.ts';
import type { DocumentSearch } from '#storage/document-search.ts';
import { bodyText, jsonObject } from '#server/elasticsearch/bodies.ts';
import { bulkItems, type BulkItem } from '#server/elasticsearch/core/bulk-lines.ts';
import { INDEX_NAMES } from '#server/elasticsearch/core/indices.ts';
import { logOfDocument, type LogOfDocument } from '#server/elasticsearch/core/log-from-document.ts';

/** Where records go in that somebody sent. */
export interface RecordIntake {
  /**
   * Resolves when the record is durable.
   *
   * @throws CodedError as `JournalWriter.append`, and `PLIM_OVERLOADED` while consumers are behind
   */
  takeIn(draft: RecordDraft): Promise<RecordId>;
}

export interface BulkParts {
  readonly intake: Remote<RecordIntake>;
  readonly reader: Remote<DocumentSearch>;
  readonly clock: Clock;
}

/** As sent and inflated; one request becomes one record. */
export const BULK_BYTES_MAX = 8 * 2 ** 20;

type Outcome =
  | { readonly kind: 'taken'; readonly ordinal: number }
  | { readonly kind: 'refused'; readonly status: number; readonly type: string; readonly reason: string };

export async function bulk(request: Request, parts: BulkParts, signal: AbortSignal) {
  const { clock, intake } = parts;
  const startedMs = clock.monotonicMs();
  const { index } = request.params;
  const items = bulkItems(bodyText(request), jsonObject);
  const logs: LogOfDocument[] = [];
  const outcomes = items.map((item): Outcome => {
    try {
      const refused = refusalOf(item, item.index ?? (typeof index === 'string' ? index : undefined));
      if (refused !== undefined) return refused;
      logs.push(logOfDocument(jsonObject(item.source ?? ''), clock.wallMs()));
      return { kind: 'taken', ordinal: logs.length - 1 };
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'the document cannot be read';
      return { kind: 'refused', status: 400, type: 'document_parsing_exception', reason };
    }
  });
  const id = logs.length === 0 ? undefined : await intake.takeIn(draftOf(logs));
  if (id !== undefined && wantsRefresh(request))
    await becomesVisible(itemId(id, logs.length - 1), parts, signal);
  return {
    took: Math.round(clock.monotonicMs() - startedMs),
    errors: outcomes.some(({ kind }) => kind === 'refused'),
    items: items.map((item, at) => encodeItem(item, outcomes[at], id)),
  };
}

function refusalOf(item: BulkItem, index: string | undefined): Outcome | undefined {
  const refused = (status: number, type: string, reason: string): Outcome => ({
    kind: 'refused',
    status,
    type,
    reason,
  });
  if (index !== INDEX_NAMES.logs) {
    const reason = `no such index [${index ?? ''}]: logs are written to [${INDEX_NAMES.logs}], spans come in over OTLP`;
    return refused(404, 'index_not_found_exception', reason);
  }
  if (item.action !== 'create') {
    const reason = 'only write ops with an op_type of create are allowed in data streams';
    return refused(400, 'illegal_argument_exception', reason);
  }
  if (item.id === undefined) return undefined;
  return refused(
    400,
    'illegal_argument_exception',
    'ids are made by Plimsoll; send the document without [_id]',
  );
}

/** Neighbours of one resource and scope share them; the order of the documents is that of the items. */
function draftOf(logs: readonly LogOfDocument[]): RecordDraft {
  const groups: { key: string; resource: unknown; scope: unknown; logRecords: unknown[] }[] = [];
  for (const { resource, scope, record } of logs) {
    const key = JSON.stringify([resource, scope]);
    const last = groups.at(-1);
    if (last?.key === key) last.logRecords.push(record);
    else groups.push({ key, resource, scope, logRecords: [record] });
  }
  const resourceLogs = groups.map(({ resource, scope, logRecords }) => ({
    resource,
    scopeLogs: [{ scope, logRecords }],
  }));
  const body = translateLogsJson(new TextEncoder().encode(JSON.stringify({ resourceLogs })));
  const admitted = admitLogs(body);
  invariant(admitted.items === logs.length, 'documents made into log records are admitted as such');
  return { kind: 'otlp-logs', tenant: DEFAULT_TENANT, items: logs.length, body: admitted.body };
}

function wantsRefresh({ query }: Request): boolean {
  const refresh = (query as Readonly<Record<string, unknown>>)['refresh'];
  return refresh === '' || refresh === 'true' || refresh === 'wait_for';
}

const VISIBLE_MS_MAX = 10_000;
const VISIBLE_EVERY_MS = 20;

/** Whoever asks to see what it wrote waits until the store has read it; not for ever. */
async function becomesVisible(id: string, { reader, clock }: BulkParts, signal: AbortSignal): Promise<void> {
  const deadlineMs = clock.monotonicMs() + VISIBLE_MS_MAX;
  const request = {
    streams: ['logs'],
    query: { kind: 'ids', ids: [id] },
    sort: [],
    after: undefined,
    from: 0,
    size: 0,
    source: false,
    fields: [],
    highlight: undefined,
    aggregations: {},
  } as const;
  while (clock.monotonicMs() < deadlineMs) {
    const { total } = await reader.searchDocuments(request, signal);
    if (total > 0) return;
    await sleep(clock, VISIBLE_EVERY_MS, signal);
  }
}

function encodeItem(
  { action, index, id }: BulkItem,
  outcome: Outcome | undefined,
  record: RecordId | undefined,
) {
  if (outcome?.kind === 'taken' && record !== undefined) {
    const done = {
      _index: INDEX_NAMES.logs,
      _id: itemId(record, outcome.ordinal),
      _version: 1,
      result: 'created',
      _shards: { total: 1, successful: 1, failed: 0 },
      _seq_no: record.sequence,
      _primary_term: record.epoch,
      status: 201,
    };
    return { [action]: done };
  }
  invariant(outcome?.kind === 'refused', 'an item is taken or refused');
  const { status, type, reason } = outcome;
  return { [action]: { _index: index ?? INDEX_NAMES.logs, _id: id, status, error: { type, reason } } };
}
