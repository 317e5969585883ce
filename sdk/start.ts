/**
 * Starts everything once: OpenTelemetry's NodeSDK with the instrumentations of
 * what a service is made of, our own way to the collector, and the ways out, so
 * that nothing that ended is lost when the process ends.
 */
import { trace } from '@opentelemetry/api';
import { registerInstrumentations, type Instrumentation } from '@opentelemetry/instrumentation';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { readSettings, type Settings } from '#sdk/core/settings.ts';
import { watchExits } from '#sdk/exits.ts';
import { flush, flushWith } from '#sdk/flushing.ts';
import { instrumentations } from '#sdk/instrumentations.ts';
import { logEncoder, LogQueue, type LogItem } from '#sdk/logs/encode.ts';
import { exportLines, logger } from '#sdk/logs/logger.ts';
import { deliveryCounters, showWaiting } from '#sdk/metrics/delivery.ts';
import { collectRuntimeMetrics } from '#sdk/metrics/runtime.ts';
import { hookModules } from '#sdk/module-hooks.ts';
import { serviceResource } from '#sdk/resource.ts';
import { jaegerEncoder, THRIFT_MEDIA_TYPE } from '#sdk/traces/jaeger.ts';
import { encodeSpans, SpanQueue } from '#sdk/traces/otlp.ts';
import { Delivery } from '#sdk/transport/delivery.ts';
import { LastWords } from '#sdk/transport/last-words.ts';

export interface StartOptions {
  /** Comes before `OTEL_SERVICE_NAME`. */
  readonly serviceName?: string;
  /** Beside those for HTTP, Express, fetch and kafkajs. */
  readonly instrumentations?: readonly Instrumentation[];
}

/** For a flush at a signal or by request; supervisors wait only so long. */
const FLUSH_MS_MAX = 500;
const PROTOBUF = 'application/x-protobuf';

let isStarted = false;

/**
 * Starts the SDK by the `OTEL_*` environment; again it does nothing. Never
 * throws: without telemetry the service runs all the same, and says so.
 */
export function start(options: StartOptions = {}): void {
  if (isStarted) return;
  isStarted = true;
  try {
    run(options);
  } catch (error) {
    logger.error({ err: error }, 'telemetry did not start; the service runs without it');
  }
}

function run(options: StartOptions): void {
  const env = options.serviceName === undefined ? {} : { OTEL_SERVICE_NAME: options.serviceName };
  const settings = readSettings({ ...process.env, ...env });
  for (const complaint of settings.complaints) logger.warn(complaint);
  collectRuntimeMetrics();
  if (settings.disabled) return;
  const resource = serviceResource(settings.serviceName);
  const spans = settings.tracesExporter === 'none' ? undefined : spanDelivery(settings);
  const logs = settings.logsExported ? logDelivery(settings, logEncoder(resource)) : undefined;
  new NodeSDK({
    resource,
    autoDetectResources: false,
    spanProcessors: spans === undefined ? [] : [new SpanQueue(spans)],
    logRecordProcessors: logs === undefined ? [] : [new LogQueue(logs)],
    // Metrics are scraped.
    metricReaders: [],
    instrumentations: [...instrumentations(settings.peerServices), ...(options.instrumentations ?? [])],
  }).start();
  hookModules((instrumentation) =>
    registerInstrumentations({
      instrumentations: [instrumentation],
      tracerProvider: trace.getTracerProvider(),
    }),
  );
  if (logs !== undefined) exportLines((line) => logs.add(line));
  showWaiting({
    ...(spans === undefined ? {} : { traces: () => spans.waitingItems }),
    ...(logs === undefined ? {} : { logs: () => logs.waitingItems }),
  });
  wayOut([spans, logs].filter((delivery) => delivery !== undefined));
}

function spanDelivery(settings: Settings): Delivery<ReadableSpan> {
  const isJaeger = settings.tracesExporter === 'jaeger';
  return new Delivery<ReadableSpan>({
    what: 'spans',
    destination: isJaeger ? settings.jaeger : settings.traces,
    batching: settings.traceBatching,
    mediaType: isJaeger ? THRIFT_MEDIA_TYPE : PROTOBUF,
    encode: isJaeger ? jaegerEncoder(settings.jaeger.url) : encodeSpans,
    ...deliveryCounters('traces'),
    say: (message) => logger.warn(message),
  });
}

function logDelivery(
  settings: Settings,
  encode: (items: readonly LogItem[]) => Uint8Array,
): Delivery<LogItem> {
  return new Delivery<LogItem>({
    what: 'log records',
    destination: settings.logs,
    batching: settings.logBatching,
    mediaType: PROTOBUF,
    encode,
    ...deliveryCounters('logs'),
    say: (message) => logger.warn(message),
  });
}

function wayOut(deliveries: readonly (Delivery<ReadableSpan> | Delivery<LogItem>)[]): void {
  const lastWords = new LastWords();
  flushWith(async () => {
    await Promise.all(deliveries.map((delivery) => delivery.flush(FLUSH_MS_MAX)));
  });
  watchExits({
    flush,
    lastWords: () => {
      lastWords.speak(deliveries.flatMap((delivery) => delivery.takeRest()));
      // What handlers after this one still log or end goes the same way.
      for (const delivery of deliveries) delivery.endWith((parcels) => lastWords.speak(parcels));
    },
    onCrash: (error) => logger.fatal({ err: error }, 'the process ends by an error nobody caught'),
  });
}
