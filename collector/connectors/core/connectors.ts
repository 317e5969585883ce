/**
 * What connectors keep across a restart: their counters, the spans that wait,
 * and the cursor of the last record in them, as one value. Pure.
 */
import { invariant } from '#base/invariant.ts';
import type { ConnectorsConfig } from '#collector/connectors/config.ts';
import { ServiceGraph, type SavedGraph } from '#collector/connectors/core/servicegraph.ts';
import type { SavedSpanSeries } from '#collector/connectors/core/span-series.ts';
import { SpanMetrics } from '#collector/connectors/core/spanmetrics.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { Cursor, JournalRecord } from '#journal/ports.ts';
import { parseJson } from '#signals/json.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';

const VERSION = 1;

interface Saved {
  readonly version: number;
  readonly cursor: Cursor;
  /** The settings the counters were made with: other buckets or labels cannot be added to them. */
  readonly spanmetrics: { readonly shape: string; readonly series: readonly SavedSpanSeries[] } | undefined;
  readonly servicegraph: { readonly shape: string; readonly graph: SavedGraph } | undefined;
}

export class Connectors {
  readonly spanmetrics: SpanMetrics | undefined;
  readonly servicegraph: ServiceGraph | undefined;
  readonly #config: ConnectorsConfig;
  cursor: Cursor;

  /** @throws InvariantError when the snapshot is of another version */
  constructor(config: ConnectorsConfig, snapshot?: Uint8Array) {
    const saved = snapshot === undefined ? undefined : parseSnapshot(snapshot);
    this.#config = config;
    this.cursor = saved?.cursor ?? NEW_CURSOR;
    this.spanmetrics = config.spanmetrics.enabled ? restoreSpanMetrics(config, saved) : undefined;
    this.servicegraph = config.servicegraph.enabled ? restoreGraph(config, saved) : undefined;
  }

  /** Counts the items of a record. @throws CodedError `PLIM_BODY_MALFORMED`; admitted bodies do not throw */
  consume(record: Pick<JournalRecord, 'kind' | 'body' | 'receivedUnixNanos'>): void {
    const receivedMs = Number(record.receivedUnixNanos / 1_000_000n);
    this.servicegraph?.expire(receivedMs);
    if (record.kind !== 'otlp-traces') return;
    const columns = scanSpans(record.body);
    this.spanmetrics?.record(columns, receivedMs);
    this.servicegraph?.record(columns, receivedMs);
  }

  snapshot(): Uint8Array {
    const { spanmetrics, servicegraph } = this;
    const saved: Saved = {
      version: VERSION,
      cursor: this.cursor,
      spanmetrics: spanmetrics && { shape: spanShape(this.#config), series: spanmetrics.save() },
      servicegraph: servicegraph && { shape: graphShape(this.#config), graph: servicegraph.save() },
    };
    return new TextEncoder().encode(JSON.stringify(saved));
  }
}

function parseSnapshot(bytes: Uint8Array): Saved {
  const saved = parseJson(new TextDecoder().decode(bytes)) as Saved;
  invariant(
    saved.version === VERSION,
    `the connectors' snapshot is of version ${VERSION}, not ${saved.version}`,
  );
  return saved;
}

function restoreSpanMetrics(config: ConnectorsConfig, saved: Saved | undefined): SpanMetrics {
  const known = saved?.spanmetrics?.shape === spanShape(config) ? saved.spanmetrics : undefined;
  return new SpanMetrics(config.spanmetrics, known?.series);
}

function restoreGraph(config: ConnectorsConfig, saved: Saved | undefined): ServiceGraph {
  const known = saved?.servicegraph?.shape === graphShape(config) ? saved.servicegraph : undefined;
  return new ServiceGraph(config.servicegraph, known?.graph);
}

function spanShape({ spanmetrics: { bucketsMs, dimensions } }: ConnectorsConfig): string {
  return JSON.stringify([bucketsMs, dimensions]);
}

function graphShape({ servicegraph: { bucketsSeconds, dimensions } }: ConnectorsConfig): string {
  return JSON.stringify([bucketsSeconds, dimensions]);
}
