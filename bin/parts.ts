/** The parts of a running platform; a role that does without one leaves it out. */
import type { Part } from '#bin/supervise/part.ts';
import type { AlertingApi } from '#alerting/ports.ts';
import type { AlertingOptions } from '#bin/threads/alerting.ts';
import type { DocumentsApi, DocumentsOptions } from '#bin/threads/documents.ts';
import type { ExportersApi, ExportersOptions } from '#bin/threads/exporters.ts';
import type { IngestApi, IngestInfo, IngestOptions } from '#bin/threads/ingest.ts';
import type { MetricsApi, MetricsOptions } from '#bin/threads/metrics.ts';

export interface Parts {
  readonly ingest: Part<IngestApi, IngestOptions, IngestInfo> | undefined;
  readonly documents: Part<DocumentsApi, DocumentsOptions, undefined> | undefined;
  readonly metrics: Part<MetricsApi, MetricsOptions, undefined> | undefined;
  readonly exporters: Part<ExportersApi, ExportersOptions, undefined> | undefined;
  readonly alerting: Part<AlertingApi, AlertingOptions, undefined> | undefined;
}
