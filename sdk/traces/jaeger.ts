/**
 * Spans as Jaeger's Thrift over HTTP, for services that report to a Jaeger
 * collector. OpenTelemetry's exporter, in its last release, turns spans into
 * batches; our own queue carries them, so that they arrive at every end like
 * all others. The exporter is an optional peer, loaded here and nowhere else.
 */
import { createRequire } from 'node:module';
import type { JaegerExporter } from '@opentelemetry/exporter-jaeger';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

export const THRIFT_MEDIA_TYPE = 'application/x-thrift';

/** A Thrift span; only the exporter looks into it. */
interface ThriftSpan {
  readonly tags: readonly object[];
}

/** The exporter's sender, which is not part of its types: the last release will not change any more. */
interface ThriftSender {
  readonly _jaegerThrift: {
    readonly Span: new (span: ThriftSpan) => object;
    readonly Batch: {
      readonly rw: { toBuffer(batch: object): { readonly err?: Error | null; readonly value: Uint8Array } };
    };
  };
  readonly _batch: { spans: object[] };
}

/**
 * Makes the encoder of `POST /api/traces` bodies.
 *
 * @throws Error with `code` MODULE_NOT_FOUND when the peer is not installed; the encoder when a batch cannot be written
 */
export function jaegerEncoder(url: string): (spans: readonly ReadableSpan[]) => Uint8Array {
  const require = createRequire(import.meta.url);
  const { JaegerExporter: Exporter } = require('@opentelemetry/exporter-jaeger') as {
    JaegerExporter: typeof JaegerExporter;
  };
  const { spanToThrift } = require('@opentelemetry/exporter-jaeger/build/src/transform') as {
    spanToThrift: (span: ReadableSpan) => ThriftSpan;
  };
  const exporter = new Exporter({ endpoint: url });
  return (spans) => {
    const converted = spans.map(spanToThrift);
    const [first] = converted;
    if (first === undefined) throw new Error('there is nothing to encode');
    const { _jaegerThrift: thrift, _batch: batch } = senderOf(exporter, first);
    batch.spans = converted.map((span) => new thrift.Span(span));
    const { err, value } = thrift.Batch.rw.toBuffer(batch);
    batch.spans = [];
    if (err) throw err;
    return value;
  };
}

/** The first span tells the sender whose process this is. */
function senderOf(exporter: JaegerExporter, first: ThriftSpan): ThriftSender {
  return (exporter as unknown as { _getSender(span: ThriftSpan): ThriftSender })._getSender(first);
}
