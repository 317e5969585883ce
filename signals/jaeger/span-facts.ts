/**
 * What Jaeger keeps in tags and OTLP in fields of their own: kind, status,
 * scope, trace state, counts of what was dropped (OpenTelemetry specification,
 * "OpenTelemetry to Jaeger Transformation", read backwards). The other tags are
 * the attributes.
 */
import type { JaegerTag, TagValue } from '#signals/jaeger/batch.ts';
import { SPAN_KINDS, STATUS_CODES, type SpanKind, type StatusCode } from '#signals/model.ts';

export interface SpanFacts {
  readonly kind: SpanKind;
  readonly statusCode: StatusCode;
  readonly statusMessage: string;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly traceState: string;
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
  /** In the order they came. */
  readonly attributes: readonly JaegerTag[];
}

/** Of these each counts once; the last of two wins, as in a map. */
const SPECIAL: ReadonlySet<string> = new Set([
  'span.kind',
  'error',
  'otel.status_code',
  'otel.status_description',
  'http.status_code',
  'http.status_message',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
  'w3c.tracestate',
  'otel.dropped_attributes_count',
  'otel.dropped_events_count',
  'otel.dropped_links_count',
]);
/** Longer keys are none of the above, and need not be decoded to know it. */
const SPECIAL_BYTES_MAX = 29;

const COUNT_MAX = 0xffff_ffff;
const decoder = new TextDecoder();

/** The special tags of one span; whoever takes one takes it out of the attributes. */
class Tags {
  readonly #special = new Map<string, JaegerTag>();
  readonly #taken = new Set<JaegerTag>();

  constructor(tags: readonly JaegerTag[]) {
    for (const tag of tags) {
      if (tag.key.length > SPECIAL_BYTES_MAX) continue;
      const key = decoder.decode(tag.key);
      if (!SPECIAL.has(key)) continue;
      const before = this.#special.get(key);
      if (before !== undefined) this.#taken.add(before);
      this.#special.set(key, tag);
    }
  }

  peek(key: string): TagValue | undefined {
    return this.#special.get(key)?.value;
  }

  take(key: string): void {
    const tag = this.#special.get(key);
    if (tag !== undefined) this.#taken.add(tag);
  }

  text(key: string): string | undefined {
    const value = this.peek(key);
    return value?.kind === 'string' ? decoder.decode(value.utf8) : undefined;
  }

  takeText(key: string): string | undefined {
    const text = this.text(key);
    if (text !== undefined) this.take(key);
    return text;
  }

  /** A count of 32 bits; writers of JavaScript send it as a double. */
  takeCount(key: string): number {
    const count = numberOf(this.peek(key));
    if (count === undefined || !Number.isInteger(count) || count < 0 || count > COUNT_MAX) return 0;
    this.take(key);
    return count;
  }

  rest(tags: readonly JaegerTag[]): readonly JaegerTag[] {
    return this.#taken.size === 0 ? tags : tags.filter((tag) => !this.#taken.has(tag));
  }
}

export function spanFacts(tags: readonly JaegerTag[]): SpanFacts {
  const found = new Tags(tags);
  const kind = takeKind(found);
  const status = takeStatus(found, kind);
  const scopeName = found.takeText('otel.scope.name') ?? found.takeText('otel.library.name') ?? '';
  const scopeVersion = found.takeText('otel.scope.version') ?? found.takeText('otel.library.version') ?? '';
  return {
    kind,
    ...status,
    scopeName,
    scopeVersion,
    traceState: found.takeText('w3c.tracestate') ?? '',
    droppedAttributes: found.takeCount('otel.dropped_attributes_count'),
    droppedEvents: found.takeCount('otel.dropped_events_count'),
    droppedLinks: found.takeCount('otel.dropped_links_count'),
    attributes: found.rest(tags),
  };
}

/** A kind OTLP does not know stays an attribute. */
function takeKind(tags: Tags): SpanKind {
  const text = tags.text('span.kind')?.toLowerCase();
  const kind = SPAN_KINDS.find((known) => known === text);
  if (kind !== undefined) tags.take('span.kind');
  return kind ?? 'unspecified';
}

type Status = Pick<SpanFacts, 'statusCode' | 'statusMessage'>;

/** `error` counts first, then the status OpenTelemetry wrote, then what HTTP answered. */
function takeStatus(tags: Tags, kind: SpanKind): Status {
  const written = tags.text('otel.status_code')?.toLowerCase();
  if (isTrue(tags.peek('error'))) {
    tags.take('error');
    tags.take('otel.status_code');
    const message = tags.takeText('otel.status_description') ?? tags.text('http.status_message') ?? '';
    return { statusCode: 'error', statusMessage: message };
  }
  const code = STATUS_CODES.find((known) => known === written);
  if (code !== undefined) {
    tags.take('otel.status_code');
    return { statusCode: code, statusMessage: tags.takeText('otel.status_description') ?? '' };
  }
  const failed = isHttpFailure(numberOf(tags.peek('http.status_code')), kind);
  return failed
    ? { statusCode: 'error', statusMessage: tags.text('http.status_message') ?? '' }
    : { statusCode: 'unset', statusMessage: '' };
}

/** Clients of OpenTracing wrote the flag as text too; `false` says nothing and stays an attribute. */
function isTrue(value: TagValue | undefined): boolean {
  if (value?.kind === 'bool') return value.value;
  return value?.kind === 'string' && decoder.decode(value.utf8).toLowerCase() === 'true';
}

/** A 4xx is the client's failure, not the server's (OpenTelemetry, HTTP spans, "Status"). */
function isHttpFailure(status: number | undefined, kind: SpanKind): boolean {
  if (status === undefined || !Number.isInteger(status)) return false;
  if (status >= 400 && status < 500) return kind !== 'server';
  return status < 100 || status >= 500;
}

function numberOf(value: TagValue | undefined): number | undefined {
  switch (value?.kind) {
    case undefined:
    case 'bool':
    case 'bytes':
      return undefined;
    case 'int':
      return Number(value.value);
    case 'double':
      return value.value;
    case 'string': {
      const text = decoder.decode(value.utf8.subarray(0, 20));
      return /^\d+$/.test(text) ? Number(text) : undefined;
    }
    default:
      return value satisfies never;
  }
}
