/** `GET /api/plimsoll/v1/ledger`: the conservation ledger, and how the stores are. */
import { Router } from 'express';
import type { ExporterStatus } from '#collector/exporters/status.ts';
import type { LedgerRow } from '#collector/ledger.ts';
import type { Totals } from '#signals/records.ts';
import type { StoreStatus } from '#storage/ports.ts';
import { sendError } from '#server/http/errors.ts';

export interface PipelineView {
  readonly journal: {
    readonly state: string;
    readonly bytes: number;
    readonly bytesMax: number;
    /** What the furthest behind of the consumers that must not lose anything has still to read. */
    readonly heldBytes: number;
    /** On a topic that several write: the node of this process, whose items `accepted` counts. */
    readonly node: string | undefined;
    readonly records: number;
    readonly corruptRecords: number;
    readonly failedSyncs: number;
    readonly accepted: Totals;
  };
  readonly rows: readonly LedgerRow[];
  readonly stores: readonly Omit<StoreStatus, 'cursor'>[];
  readonly exporters: readonly Pick<ExporterStatus, 'name' | 'consumer' | 'share' | 'state'>[];
}

export function ledgerRoutes(view: () => Promise<PipelineView>): Router {
  const router = Router();
  router.get('/ledger', async (_request, response) => {
    try {
      response.json(ledgerAnswer(await view()));
    } catch (error) {
      sendError(response, error);
    }
  });
  return router;
}

/** What `GET /ledger` answers. */
export function ledgerAnswer({ journal, rows, stores, exporters }: PipelineView) {
  return {
    journal: { ...journal, node: journal.node ?? null },
    rows,
    exporters,
    stores: stores.map(({ oldestUnixNanos, ...store }) => ({
      ...store,
      oldestUnixNanos: oldestUnixNanos?.toString(),
    })),
  };
}
