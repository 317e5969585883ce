/**
 * Requests between services as metrics, in the names the OpenTelemetry
 * Collector's connector has in Prometheus: `traces_service_graph_request_total`
 * and its like. A caller's span meets its callee's child by trace id and span
 * id; who comes first waits. A caller nobody answered, but who says whom it
 * called, makes an edge to a virtual node. Pure: time is when records came, so
 * the same records give the same graph again.
 */
import type { ServiceGraphConfig } from '#collector/connectors/config.ts';
import { AttributeFinder, cutLabel } from '#signals/otlp/attribute-finder.ts';
import { Durations } from '#collector/connectors/core/durations.ts';
import {
  EdgeTable,
  type ConnectionType,
  type Edge,
  type SavedEdge,
} from '#collector/connectors/core/edges.ts';
import type { Latency } from '#collector/connectors/core/latency.ts';
import {
  WaitingSpans,
  type SavedWaiting,
  type Side,
  type SpanKey,
  type WaitingSpan,
} from '#collector/connectors/core/waiting-spans.ts';
import type { GivenOut } from '#collector/connectors/core/spanmetrics.ts';
import type { Labels } from '#signals/matchers.ts';
import type { SpanColumns } from '#signals/otlp/columns.ts';
import { labelName } from '#signals/prometheus/names.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';

const PREFIX = 'traces_service_graph_request';
/** OTLP's numbers. */
const PRODUCER = 4;
const CONSUMER = 5;
/** By number of the kind: server, client, producer, consumer. */
const SIDES: readonly (Side | undefined)[] = [undefined, undefined, 'server', 'client', 'client', 'server'];
const STATUS_ERROR = 2;
const SPAN_ATTRIBUTES = 9;
const NANOS_PER_SECOND = 1e9;

/** Whom a caller says it called; the first that is set counts. */
const PEER_KEYS = ['service.peer.name', 'peer.service'];
/** Names of a database: the present semantic conventions' first, then the old ones'. */
const DATABASE_KEYS = ['db.namespace', 'db.name', 'db.system.name', 'db.system'];
const CALLER_KEYS = [...PEER_KEYS, ...DATABASE_KEYS];
const NO_DIMENSIONS: readonly (string | undefined)[] = [];

export interface SavedGraph {
  readonly edges: readonly SavedEdge[];
  readonly waiting: readonly SavedWaiting[];
}

/** Counted since the graph was made. */
export interface GraphCounts {
  /** Requests whose both ends were found, or made up. */
  readonly edges: number;
  /** Spans whose other end did not come in time, and that name no peer. */
  readonly expired: number;
  /** Spans there was no room for to wait. */
  readonly dropped: number;
  /** Requests in the overflow edge. */
  readonly overflowed: number;
}

export class ServiceGraph {
  readonly #config: ServiceGraphConfig;
  readonly #table: EdgeTable;
  readonly #waiting: WaitingSpans;
  readonly #callerFinder: AttributeFinder;
  readonly #calleeFinder: AttributeFinder;
  readonly #gone = (span: WaitingSpan, paired: boolean): void => this.#giveUp(span, paired);
  #edges = 0;
  #expired = 0;
  #dropped = 0;

  constructor(config: ServiceGraphConfig, saved: SavedGraph = { edges: [], waiting: [] }) {
    this.#config = config;
    const { seriesMax: edgesMax, bucketsSeconds: bounds } = config;
    const dimensions = config.dimensions.map(labelName);
    this.#table = new EdgeTable({ edgesMax, bounds, dimensions }, saved.edges);
    this.#waiting = new WaitingSpans(config.waitingMax);
    this.#waiting.restore(saved.waiting);
    this.#callerFinder = new AttributeFinder([...CALLER_KEYS, ...config.dimensions]);
    this.#calleeFinder = new AttributeFinder(config.dimensions);
  }

  get counts(): GraphCounts {
    return {
      edges: this.#edges,
      expired: this.#expired,
      dropped: this.#dropped,
      overflowed: this.#table.overflowed,
    };
  }

  /** Spans that wait. */
  get waiting(): number {
    return this.#waiting.count;
  }

  /** Time has come so far: what waited too long is given up. @param nowMs when a record came */
  expire(nowMs: number): void {
    this.#waiting.expire(nowMs, this.#config.waitingMsMax, this.#gone);
  }

  /** @param receivedMs when the record came */
  record(columns: SpanColumns, receivedMs: number): void {
    const { body } = columns;
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const durations = new Durations(columns);
    for (let span = 0; span < columns.count; span += 1) {
      const side = SIDES[columns.kind[span] ?? 0];
      if (side === undefined) continue;
      const ids = side === 'client' ? columns.spanIdOffset : columns.parentSpanIdOffset;
      const traceOffset = columns.traceIdOffset[span] ?? 0;
      const spanOffset = ids[span] ?? 0;
      // A root has no caller to wait for.
      if (traceOffset === 0 || spanOffset === 0) continue;
      const place = { key: { view, traceOffset, spanOffset }, receivedMs };
      const seconds = durations.nanos(span) / NANOS_PER_SECOND;
      if (side === 'client') this.#caller(columns, span, seconds, place);
      else this.#callee(columns, span, seconds, place);
    }
  }

  /** Gives out every edge. */
  emit(sink: SampleSink, when: GivenOut): void {
    for (const [name, type, help] of FAMILIES) sink.metadata(`${PREFIX}${name}`, { type, help, unit: '' });
    for (const edge of this.#table.all()) emitEdge(edge, sink, when);
  }

  save(): SavedGraph {
    return { edges: this.#table.save(), waiting: this.#waiting.save() };
  }

  #caller(columns: SpanColumns, index: number, seconds: number, place: Place): void {
    const finder = this.#callerFinder;
    finder.clear();
    findInSpan(finder, columns, index);
    const { values } = finder;
    const database = firstSet(values, PEER_KEYS.length, CALLER_KEYS.length);
    const peer = firstSet(values, 0, PEER_KEYS.length);
    const dimensions = this.#dimensionsOf(values, CALLER_KEYS.length);
    const isMessaging = columns.kind[index] === PRODUCER;
    const span = {
      side: 'client',
      peer,
      isMessaging,
      dimensions,
      ...common(columns, index, seconds),
    } as const;
    if (database !== '' && !isMessaging) {
      this.#count(span, { ...NOBODY, service: database }, 'database');
      return;
    }
    // Several consumers may have been faster than their producer.
    let paired = false;
    let slot = this.#waiting.find(place.key, 'server');
    while (slot >= 0) {
      this.#pair(span, this.#waiting.at(slot));
      this.#waiting.remove(slot);
      paired = true;
      slot = this.#waiting.find(place.key, 'server');
    }
    // A request has one server; a message may have more consumers to come.
    if (!paired || isMessaging) this.#wait(span, place, paired);
  }

  #callee(columns: SpanColumns, index: number, seconds: number, place: Place): void {
    let dimensions = NO_DIMENSIONS;
    if (this.#config.dimensions.length > 0) {
      this.#calleeFinder.clear();
      findInSpan(this.#calleeFinder, columns, index);
      dimensions = this.#dimensionsOf(this.#calleeFinder.values, 0);
    }
    const isMessaging = columns.kind[index] === CONSUMER;
    const span = {
      side: 'server',
      peer: '',
      isMessaging,
      dimensions,
      ...common(columns, index, seconds),
    } as const;
    const slot = this.#waiting.find(place.key, 'client');
    if (slot < 0) {
      this.#wait(span, place, false);
      return;
    }
    const caller = this.#waiting.at(slot);
    this.#pair(caller, span);
    if (caller.isMessaging) this.#waiting.markPaired(slot);
    else this.#waiting.remove(slot);
  }

  #wait(span: WaitingSpan, { key, receivedMs }: Place, paired: boolean): void {
    if (!this.#waiting.add(key, receivedMs, span, paired)) this.#dropped += 1;
  }

  #pair(client: WaitingSpan, server: WaitingSpan): void {
    this.#count(client, server, client.isMessaging || server.isMessaging ? 'messaging_system' : '');
  }

  #giveUp(span: WaitingSpan, paired: boolean): void {
    if (paired) return;
    if (span.peer === '') this.#expired += 1;
    else this.#count(span, { ...NOBODY, service: span.peer }, 'virtual_node');
  }

  #count(client: WaitingSpan, server: WaitingSpan, type: ConnectionType): void {
    const edge = this.#table.find({
      client: client.service,
      server: server.service,
      type,
      clientDimensions: client.dimensions,
      serverDimensions: server.dimensions,
    });
    edge.total += 1;
    if (client.failed || server.failed) edge.failed += 1;
    edge.clientSeconds.observe(client.seconds);
    // What only the caller told of has no time of its own.
    if (server.seconds >= 0) edge.serverSeconds.observe(server.seconds);
    this.#edges += 1;
  }

  #dimensionsOf(values: readonly (string | undefined)[], from: number): readonly (string | undefined)[] {
    return this.#config.dimensions.length === 0 ? NO_DIMENSIONS : values.slice(from);
  }
}

interface Place {
  readonly key: SpanKey;
  readonly receivedMs: number;
}

/** The end of an edge that sent no span. */
const NOBODY: WaitingSpan = {
  side: 'server',
  isMessaging: false,
  failed: false,
  seconds: -1,
  service: '',
  peer: '',
  dimensions: NO_DIMENSIONS,
};

const FAMILIES = [
  ['_total', 'counter', 'Requests between two services.'],
  ['_failed_total', 'counter', 'Requests of which one end has the status error.'],
  ['_client_seconds', 'histogram', 'How long requests took for the caller.'],
  ['_server_seconds', 'histogram', 'How long requests took in the callee.'],
] as const;

function common(
  columns: SpanColumns,
  index: number,
  seconds: number,
): Pick<WaitingSpan, 'failed' | 'seconds' | 'service'> {
  return {
    failed: columns.statusCode[index] === STATUS_ERROR,
    seconds,
    service: cutLabel(columns.resources[columns.resource[index] ?? 0]?.serviceName ?? ''),
  };
}

function findInSpan(finder: AttributeFinder, columns: SpanColumns, index: number): void {
  const message = { offset: columns.spanOffset[index] ?? 0, length: columns.spanLength[index] ?? 0 };
  finder.find(columns.body, message, SPAN_ATTRIBUTES);
}

function firstSet(values: readonly (string | undefined)[], from: number, to: number): string {
  for (let at = from; at < to; at += 1) {
    const value = values[at];
    if (value !== undefined && value !== '') return value;
  }
  return '';
}

function emitEdge(edge: Edge, sink: SampleSink, when: GivenOut): void {
  const give = (name: string, value: number, le?: string): void => {
    const own: Labels = { __name__: PREFIX + name, ...edge.labels, ...(le === undefined ? {} : { le }) };
    if (edge.isNew) sink.sample(own, when.zeroMs, 0, false);
    sink.sample(own, when.timeMs, value, false);
  };
  const giveLatency = (name: string, latency: Latency): void => {
    for (const { le, count } of latency.buckets()) give(`${name}_bucket`, count, le);
    give(`${name}_sum`, latency.sum);
    give(`${name}_count`, latency.count);
  };
  give('_total', edge.total);
  give('_failed_total', edge.failed);
  giveLatency('_client_seconds', edge.clientSeconds);
  giveLatency('_server_seconds', edge.serverSeconds);
  edge.isNew = false;
}
