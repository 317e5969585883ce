/** Ended spans into the queue, and from there as OTLP protobuf on their way. */
import { TraceFlags } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Delivery } from '#sdk/transport/delivery.ts';

/** For a flush through OpenTelemetry's own interface. */
const FLUSH_MS_MAX = 5000;

export class SpanQueue implements SpanProcessor {
  readonly #delivery: Delivery<ReadableSpan>;

  constructor(delivery: Delivery<ReadableSpan>) {
    this.#delivery = delivery;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.#delivery.add(span);
  }

  forceFlush(): Promise<void> {
    return this.#delivery.flush(FLUSH_MS_MAX);
  }

  shutdown(): Promise<void> {
    return this.#delivery.flush(FLUSH_MS_MAX);
  }
}

/** @throws Error when the serializer has nothing for these spans */
export function encodeSpans(spans: readonly ReadableSpan[]): Uint8Array {
  const body = ProtobufTraceSerializer.serializeRequest([...spans]);
  if (body === undefined) throw new Error('the serializer gave nothing back');
  return body;
}
