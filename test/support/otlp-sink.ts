/** A stand-in for any collector: takes OTLP and Jaeger's Thrift over HTTP, and keeps what arrived. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decodeHttpBatch } from '#signals/jaeger/decode.ts';
import { LogsRequest, TracesRequest } from '#test/support/otlp-proto.ts';

interface Arrival {
  /** Its batch had come before, byte for byte. */
  readonly isRepeat: boolean;
}

export interface SinkSpan extends Arrival {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** OTLP numbers: 2 server, 3 client. */
  readonly kind: number;
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface SinkLog extends Arrival {
  readonly traceId: string;
  readonly spanId: string;
  readonly body: unknown;
  readonly severity: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/**
 * Without the batches that came again: one on its way when the process ends is sent a second
 * time, because nobody is left to hear its answer. An item that is in two batches stays twice.
 */
export function eachOnce<Item extends Arrival>(items: readonly Item[]): Item[] {
  return items.filter(({ isRepeat }) => !isRepeat);
}

/** Only fields that are there, and counts as numbers. */
const PLAIN = { longs: Number } as const;

/** Answers in place of the sink; what it answers itself is not kept. Says whether it did. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => boolean;

export class OtlpSink implements AsyncDisposable {
  readonly spans: SinkSpan[] = [];
  readonly logs: SinkLog[] = [];
  /** A digest of each batch taken. */
  readonly #taken = new Set<string>();
  readonly #server: Server;
  behaviour: Behaviour = () => false;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<OtlpSink> {
    const sink = new OtlpSink();
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.behaviour(request, response)) return;
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
    } catch {
      // The sender is gone; so is what it had to say.
      return;
    }
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const isRepeat = this.#isRepeat(request.url ?? '', body);
    if (request.url === '/v1/logs') this.#takeLogs(body, isRepeat);
    else if (request.url === '/api/traces') this.#takeSpans(decodeHttpBatch(body).body, isRepeat);
    else this.#takeSpans(body, isRepeat);
    response.end();
  }

  #isRepeat(url: string, body: Uint8Array): boolean {
    const digest = createHash('sha256').update(url).update('\n').update(body).digest('base64');
    const isRepeat = this.#taken.has(digest);
    this.#taken.add(digest);
    return isRepeat;
  }

  #takeSpans(body: Uint8Array, isRepeat: boolean): void {
    const { resourceSpans = [] } = TracesRequest.toObject(TracesRequest.decode(body), PLAIN) as DecodedTraces;
    for (const { resource, scopeSpans = [] } of resourceSpans) {
      for (const span of scopeSpans.flatMap(({ spans = [] }) => spans)) {
        this.spans.push({
          isRepeat,
          traceId: hex(span.traceId),
          spanId: hex(span.spanId),
          parentSpanId: hex(span.parentSpanId),
          name: span.name,
          kind: span.kind,
          status: span.status?.code ?? 0,
          attributes: plain(span.attributes),
          resource: plain(resource?.attributes),
        });
      }
    }
  }

  #takeLogs(body: Uint8Array, isRepeat: boolean): void {
    const { resourceLogs = [] } = LogsRequest.toObject(LogsRequest.decode(body), PLAIN) as DecodedLogs;
    for (const { resource, scopeLogs = [] } of resourceLogs) {
      for (const record of scopeLogs.flatMap(({ logRecords = [] }) => logRecords)) {
        this.logs.push({
          isRepeat,
          traceId: hex(record.traceId),
          spanId: hex(record.spanId),
          body: valueOf(record.body),
          severity: record.severityNumber,
          attributes: plain(record.attributes),
          resource: plain(resource?.attributes),
        });
      }
    }
  }
}

interface DecodedValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number;
  readonly doubleValue?: number;
}
type DecodedAttributes = readonly { readonly key: string; readonly value: DecodedValue }[];
interface DecodedResource {
  readonly attributes?: DecodedAttributes;
}
interface DecodedSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId?: Uint8Array;
  readonly name: string;
  readonly kind: number;
  readonly status?: { readonly code: number };
  readonly attributes?: DecodedAttributes;
}
interface DecodedLog {
  readonly traceId?: Uint8Array;
  readonly spanId?: Uint8Array;
  readonly body?: DecodedValue;
  readonly severityNumber: number;
  readonly attributes?: DecodedAttributes;
}
interface DecodedTraces {
  readonly resourceSpans?: readonly {
    readonly resource?: DecodedResource;
    readonly scopeSpans?: readonly { readonly spans?: readonly DecodedSpan[] }[];
  }[];
}
interface DecodedLogs {
  readonly resourceLogs?: readonly {
    readonly resource?: DecodedResource;
    readonly scopeLogs?: readonly { readonly logRecords?: readonly DecodedLog[] }[];
  }[];
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

function plain(attributes: DecodedAttributes = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: DecodedValue | undefined): unknown {
  return value?.intValue ?? value?.stringValue ?? value?.boolValue ?? value?.doubleValue;
}
