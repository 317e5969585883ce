/** One look at the whole pipeline: journal, ledger, stores. Read for the API and for /metrics. */
import { within } from '#base/clock.ts';
import { CodedError } from '#base/errors.ts';
import type { Meter } from '#base/metrics.ts';
import { systemClock } from '#base/real/clock.ts';
import type { Parts } from '#bin/parts.ts';
import type { ExporterStatus } from '#collector/exporters/status.ts';
import { ledger, type LedgerConsumer, type LedgerRow } from '#collector/ledger.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { JournalStatus } from '#journal/ports.ts';
import { NO_ITEMS } from '#signals/records.ts';
import { METRICS } from '#signals/registry.ts';
import type { PipelineView } from '#server/plimsoll/ledger.ts';

/** A part that hangs must not hold up /metrics for longer. */
const READ_MS_MAX = 2000;

export interface PipelineReader {
  read(): Promise<PipelineView>;
  /** Reads, and sets the gauges of the ledger and the stores. */
  expose(meter: Meter): Promise<void>;
}

export function createPipelineView(parts: Parts): PipelineReader {
  let gauges: ReturnType<typeof makeGauges> | undefined;
  return {
    read: () => read(parts),
    async expose(meter) {
      gauges ??= makeGauges(meter);
      const view = await read(parts).catch(() => undefined);
      if (view !== undefined) setGauges(gauges, view);
    },
  };
}

/** @throws CodedError `PLIM_STORE_UNAVAILABLE` when a part is down or does not answer in time */
async function read(parts: Parts): Promise<PipelineView> {
  const view = await within(systemClock, READ_MS_MAX, readParts(parts));
  if (view !== undefined) return view;
  throw new CodedError('PLIM_STORE_UNAVAILABLE', `a part has not answered for ${READ_MS_MAX} ms`);
}

async function readParts(parts: Parts): Promise<PipelineView> {
  const [documents, metrics, connectors, exporters = [], alerting] = await Promise.all([
    parts.documents?.api.storeStatus(),
    parts.metrics?.api.storeStatus(),
    parts.metrics?.api.connectorsCursor(),
    parts.exporters?.api.exporterStatus(),
    parts.alerting?.api.status(),
  ]);
  // After the consumers: so that none can be ahead of what the journal is seen to have accepted.
  const journal = await parts.ingest?.api.journalStatus();
  const stores = [documents, metrics].filter((store) => store !== undefined);
  const named: LedgerConsumer[] = stores.map(({ name, cursor }) => ({ name, cursor }));
  if (connectors !== undefined) named.push({ name: 'connectors', cursor: connectors });
  if (alerting !== undefined) named.push({ name: 'alerting', cursor: alerting.cursor });
  named.push(...exporters.map((one) => exporterRow(one, journal?.consumers ?? [])));
  return {
    journal: journal === undefined ? JOURNAL_ELSEWHERE : journalView(journal),
    rows: journal === undefined ? [] : ledger(journal, withOthers(named, journal.consumers)),
    stores: stores.map(({ cursor: _cursor, ...store }) => store),
    exporters: exporters.map(({ name, consumer, share, state }) => ({ name, consumer, share, state })),
  };
}

/** What this process knows of a shared one is its share; the whole is what the group has committed. */
function exporterRow(
  { consumer, kinds, cursor, share }: ExporterStatus,
  reported: readonly LedgerConsumer[],
): LedgerConsumer {
  const whole = share === undefined ? cursor : reported.find(({ name }) => name === consumer)?.cursor;
  return { name: consumer, kinds, cursor: whole ?? NEW_CURSOR };
}

function journalView(status: JournalStatus): PipelineView['journal'] {
  const { state, bytes, bytesMax, records, corruptRecords, failedSyncs, accepted, consumers, node } = status;
  const held = consumers.filter(({ onFull }) => onFull === 'refuse').map(({ heldBytes }) => heldBytes);
  const heldBytes = Math.max(0, ...held);
  return { state, bytes, bytesMax, heldBytes, node, records, corruptRecords, failedSyncs, accepted };
}

/** With those of other programs, as they last reported: about two seconds old at most. */
function withOthers(
  named: readonly LedgerConsumer[],
  reported: readonly LedgerConsumer[],
): readonly LedgerConsumer[] {
  const known = new Set(named.map(({ name }) => name));
  return [...named, ...reported.filter(({ name }) => !known.has(name))];
}

/** Seen from `plimsoll alerting`: another program writes it. */
const JOURNAL_ELSEWHERE: PipelineView['journal'] = {
  state: 'elsewhere',
  bytes: 0,
  bytesMax: 0,
  heldBytes: 0,
  node: undefined,
  records: 0,
  corruptRecords: 0,
  failedSyncs: 0,
  accepted: NO_ITEMS,
};

function makeGauges(meter: Meter) {
  return {
    accepted: meter.gauge(METRICS.ledgerAccepted),
    delivered: meter.gauge(METRICS.ledgerDelivered),
    dropped: meter.gauge(METRICS.ledgerDropped),
    held: meter.gauge(METRICS.ledgerHeld),
    residual: meter.gauge(METRICS.ledgerResidual),
    bytes: meter.gauge(METRICS.storeBytes),
    tail: meter.gauge(METRICS.storeTailItems),
    resident: meter.gauge(METRICS.storeResidentBytes),
  };
}

function setGauges(gauges: ReturnType<typeof makeGauges>, view: PipelineView): void {
  for (const [signal, items] of Object.entries(view.journal.accepted)) gauges.accepted.set(items, { signal });
  for (const row of view.rows) setRow(gauges, row);
  for (const store of view.stores) {
    gauges.bytes.set(store.bytes, { store: store.name });
    gauges.tail.set(store.tailItems, { store: store.name });
    if (store.residentBytes !== undefined) gauges.resident.set(store.residentBytes, { store: store.name });
  }
}

function setRow(gauges: ReturnType<typeof makeGauges>, row: LedgerRow): void {
  const labels = { signal: row.signal, consumer: row.consumer };
  gauges.delivered.set(row.delivered, labels);
  gauges.held.set(row.held, labels);
  gauges.residual.set(row.residual, labels);
  for (const [reason, items] of Object.entries(row.dropped)) gauges.dropped.set(items, { ...labels, reason });
}
