/**
 * `service.pipelines`: which signals go to which exporters. Every receiver feeds
 * the journal and everyone reads all of it, so a pipeline only chooses where
 * its signal goes beside the stores.
 */
import {
  list,
  mapped,
  object,
  optional,
  text,
  withDefault,
  withoutEffect,
  type Schema,
} from '#base/config/schema.ts';
import type { RecordKind } from '#signals/records.ts';

/** Signals in the Collector's words. */
export type Signal = 'traces' | 'metrics' | 'logs';

/** Ids of the exporters of each signal; undefined where no pipeline of the signal is written. */
export type PipelinesConfig = Readonly<Record<Signal, readonly string[] | undefined>>;

export const SIGNAL_KINDS: Readonly<Record<Signal, readonly RecordKind[]>> = {
  traces: ['otlp-traces'],
  metrics: ['otlp-metrics', 'prom-samples'],
  logs: ['otlp-logs'],
};

const pipeline = object({
  receivers: withDefault(
    list(text()),
    [],
    'Accepted as the Collector has it; every receiver feeds every pipeline here.',
  ),
  processors: withDefault(list(text()), [], 'Accepted as the Collector has it.'),
  exporters: withDefault(list(text()), [], 'Exporters that get this signal, by their ids.'),
});

const pipelines = object({
  traces: optional(pipeline, 'Spans.'),
  metrics: optional(pipeline, 'Metric points and samples.'),
  logs: optional(pipeline, 'Log records.'),
});

/** Schema of the key `service`. */
export const SERVICE_SCHEMA: Schema<PipelinesConfig> = mapped(
  object({
    pipelines: optional(
      pipelines,
      'Which signals go to which exporters. Without it every exporter gets all it can take.',
    ),
    extensions: withoutEffect('health and metrics are on the origin, the journal is the storage'),
    telemetry: withoutEffect('own metrics are on /metrics of the origin, the level of the log is a flag'),
  }),
  ({ pipelines: written }) => ({
    traces: written?.traces?.exporters,
    metrics: written?.metrics?.exporters,
    logs: written?.logs?.exporters,
  }),
);

/**
 * The kinds of record an exporter gets: those of the pipelines that name it, or
 * all when no pipeline is written.
 */
export function kindsFor(exporter: string, pipelinesOf: PipelinesConfig): ReadonlySet<RecordKind> {
  const signals = (['traces', 'metrics', 'logs'] as const).filter((signal) =>
    isWritten(pipelinesOf) ? (pipelinesOf[signal]?.includes(exporter) ?? false) : true,
  );
  return new Set(signals.flatMap((signal) => SIGNAL_KINDS[signal]));
}

/** Exporters that pipelines name and nobody has configured. */
export function unknownExporters(
  pipelinesOf: PipelinesConfig,
  configured: readonly string[],
): readonly string[] {
  const named = [pipelinesOf.traces, pipelinesOf.metrics, pipelinesOf.logs].flatMap((ids) => ids ?? []);
  return [...new Set(named)].filter((id) => !configured.includes(id));
}

function isWritten({ traces, metrics, logs }: PipelinesConfig): boolean {
  return [traces, metrics, logs].some((ids) => ids !== undefined);
}
