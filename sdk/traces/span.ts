/** Spans of the service's own, and context carried by hand, so that nobody needs OpenTelemetry's API beside us. */
import {
  context,
  propagation,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanKind,
} from '@opentelemetry/api';

export interface SpanOptions {
  /** INTERNAL when left out. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
}

const tracer = trace.getTracer('@plimsoll/sdk');

/**
 * Runs `work` in a span that ends with it: when it returns, or when the promise
 * it returns is settled. What it throws is recorded, marks the span, and goes on
 * to the caller.
 */
export function withSpan<Result>(name: string, options: SpanOptions, work: (span: Span) => Result): Result {
  return tracer.startActiveSpan(name, options, (span) => {
    let result: Result;
    try {
      result = work(span);
    } catch (error) {
      fail(span, error);
      throw error;
    }
    if (result instanceof Promise) return endAfter(span, result) as Result;
    span.end();
    return result;
  });
}

async function endAfter<Value>(span: Span, work: Promise<Value>): Promise<Value> {
  try {
    const value = await work;
    span.end();
    return value;
  } catch (error) {
    fail(span, error);
    throw error;
  }
}

function fail(span: Span, error: unknown): void {
  const isError = error instanceof Error;
  span.recordException(isError ? error : String(error));
  span.setAttribute('error.type', isError ? error.name : typeof error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: isError ? error.message : String(error) });
  span.end();
}

/** Writes the present trace context into `carrier`: `traceparent`, and `tracestate` if there is one. */
export function injectContext(carrier: Record<string, string>): void {
  propagation.inject(context.active(), carrier);
}

/** Runs `work` in the trace context `carrier` holds; when it holds none, in the present one. */
export function withExtractedContext<Result>(
  carrier: Readonly<Record<string, string>>,
  work: () => Result,
): Result {
  return context.with(propagation.extract(context.active(), carrier), work);
}

/** `traceparent` of the present span (W3C Trace Context); undefined outside of any. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  injectContext(carrier);
  return carrier['traceparent'];
}
