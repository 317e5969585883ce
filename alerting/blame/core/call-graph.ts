/**
 * Who calls whom, and how that went in the last quarter of an hour. Spans are
 * taken as they come; a client span meets the server span whose parent it is,
 * in either order, by what {@link SpanMemory} holds.
 *
 * ```
 *   server span of A ─────────────────────────────┐   served, self (without its calls)
 *     └ client span A → B ───────────────┐            called
 *          └ server span of B ────────┐               answered: B's side of the same call
 * ```
 *
 * Whom a client span calls is told by the server span it meets, else by
 * `service.peer.name` or `peer.service`, else by its address, once a pair has
 * shown who lives there. One that names nobody (a database in the process) is
 * work of the service itself.
 */
import { eventMs, type Receipt } from '#alerting/slo/core/event-time.ts';
import { durationMsAt, endMsAt, timeWords, type TimeWords } from '#alerting/slo/core/span-matcher.ts';
import { AttributeFinder } from '#signals/otlp/attribute-finder.ts';
import type { SpanColumns } from '#signals/otlp/columns.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { CallSeries } from '#alerting/blame/core/call-series.ts';
import { failureWords, isRefusalOfCaller } from '#alerting/blame/core/failure-words.ts';
import { SpanMemory } from '#alerting/blame/core/span-memory.ts';
import { statusMessage } from '#alerting/blame/core/status-message.ts';

/** Services and addresses known by name; 22 KB each at most. */
export const NAMES_MAX = 512;
/** Pairs of them; 22 KB each. A fleet of 100 services has about 300. */
export const EDGES_MAX = 512;
/** Kinds of failure remembered for each pair: the newest tell enough. */
const FAILURES_KEPT = 32;

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const STATUS_ERROR = 2;
const SPAN_ATTRIBUTES = 9;
const KEYS = [
  'service.peer.name',
  'peer.service',
  'server.address',
  'server.port',
  'http.response.status_code',
  'error.type',
] as const;

export interface Node {
  readonly name: string;
  /** Has sent spans of its own; else only a name that callers use. */
  reports: boolean;
  /** Requests in, messages taken, and background work that has no caller. */
  readonly served: CallSeries;
  /** The same without the calls it made: failed with no failing call behind it, time of its own. */
  readonly self: CallSeries;
  /** Last time any span of it ended. */
  lastMs: number;
}

export interface Edge {
  readonly number: number;
  readonly caller: number;
  readonly callee: number;
  /** What the caller saw. */
  readonly called: CallSeries;
  /** What the callee saw of it. */
  readonly answered: CallSeries;
  readonly failureTimesMs: number[];
  readonly failureWords: string[];
}

export class CallGraph {
  readonly nodes: Node[] = [];
  readonly edges: Edge[] = [];
  /** Names that are not services but turned out to stand for one. */
  readonly aliases = new Map<number, number>();
  /** Spans that found no place among names or pairs. */
  dropped = 0;
  /** Begin of what is known; 0 before the first span. */
  firstMs = 0;
  readonly #numbers = new Map<string, number>();
  readonly #edgeNumbers = new Map<number, number>();
  /** Client and producer spans by their own id; the number is that of the edge, plus one. */
  readonly #calls = new SpanMemory();
  /** Server and consumer spans by the id of their parent; the number is that of the service, plus one. */
  readonly #answers = new SpanMemory();
  /** What the calls behind a span did, by its id. */
  readonly #children = new SpanMemory();
  readonly #found = new AttributeFinder(KEYS);
  readonly #span: Span = {
    columns: scanSpans(new Uint8Array()),
    index: 0,
    timeMs: 0,
    durationMs: 0,
    failed: false,
    id: 0,
    parent: 0,
  };

  /** Takes in the spans of a record. */
  observe(columns: SpanColumns, receipt: Receipt): void {
    const words = timeWords(columns);
    const services = columns.resources.map(({ serviceName }) => this.#nameNumber(serviceName));
    for (let index = 0; index < columns.count; index += 1) {
      const service = services[columns.resource[index] ?? 0];
      const node = service === undefined ? undefined : this.nodes[service];
      if (service === undefined || node === undefined) continue;
      const span = this.#spanAt(columns, words, index, receipt);
      node.reports = true;
      node.lastMs = Math.max(node.lastMs, span.timeMs);
      if (this.firstMs === 0 || span.timeMs < this.firstMs) this.firstMs = span.timeMs;
      this.#take(service, node, span);
    }
  }

  #spanAt(columns: SpanColumns, words: TimeWords, index: number, receipt: Receipt): Span {
    // One object for all spans of all records: nobody keeps it.
    const span = this.#span;
    span.columns = columns;
    span.index = index;
    span.timeMs = eventMs(endMsAt(words, index), receipt);
    span.durationMs = Math.max(0, durationMsAt(words, index));
    span.failed = columns.statusCode[index] === STATUS_ERROR;
    span.id = columns.spanIdOffset[index] ?? 0;
    span.parent = columns.parentSpanIdOffset[index] ?? 0;
    return span;
  }
  #take(service: number, node: Node, span: Span): void {
    const { columns, index } = span;
    switch (columns.kind[index] ?? 0) {
      case SERVER:
      case CONSUMER:
        this.#served(node, span);
        this.#answered(service, span);
        break;
      case CLIENT:
      case PRODUCER:
        this.#called(service, span);
        break;
      default:
        if (span.parent === 0) this.#served(node, span);
        else this.#passOn(span);
    }
  }

  #served(node: Node, { columns, id, timeMs, durationMs, failed }: Span): void {
    const place = id === 0 ? -1 : this.#children.find(columns.body, id, timeMs);
    const behindMs = Math.min(durationMs, this.#children.durationMsAt(place));
    node.served.add(timeMs, failed, durationMs);
    node.self.add(timeMs, failed && !this.#children.failedAt(place), durationMs - behindMs);
  }

  /** The callee's side of a call. */
  #answered(service: number, { columns, index, parent, timeMs, durationMs, failed }: Span): void {
    if (parent === 0) return;
    const place = this.#calls.find(columns.body, parent, timeMs);
    if (place >= 0) {
      const named = this.edges[this.#calls.numberAt(place) - 1];
      if (named === undefined || named.caller === service) return;
      // What a message is sent to is the broker's address, not the consumer's.
      if (columns.kind[index] === SERVER) this.#learn(named.callee, service);
      this.#edge(named.caller, service)?.answered.add(timeMs, failed, durationMs);
      return;
    }
    const answer = this.#answers.claim(columns.body, parent, timeMs);
    this.#answers.setNumber(answer, service + 1);
    this.#answers.add(answer, failed, durationMs);
  }

  /** The caller's side of it. */
  #called(service: number, span: Span): void {
    const { columns, id, parent, timeMs, durationMs } = span;
    const answer = id === 0 ? -1 : this.#answers.find(columns.body, id, timeMs);
    this.#readAttributes(span);
    const callee = this.#calleeOf(span, answer);
    if (callee === undefined || callee === service) return;
    const edge = this.#edge(service, callee);
    if (edge === undefined) return;
    const failed = span.failed && !isRefusalOfCaller(this.#found.values[4]);
    edge.called.add(timeMs, failed, durationMs);
    if (failed) this.#noteFailure(edge, span);
    if (answer >= 0) {
      const endedMs = this.#answers.timeMsAt(answer);
      edge.answered.add(endedMs, this.#answers.failedAt(answer), this.#answers.durationMsAt(answer));
    }
    if (id !== 0) this.#calls.setNumber(this.#calls.claim(columns.body, id, timeMs), edge.number + 1);
    if (parent === 0) return;
    this.#children.add(this.#children.claim(columns.body, parent, timeMs), failed, durationMs);
  }

  /** Who answered, or whom the client span names; undefined when nobody did and it names nobody. */
  #calleeOf({ columns, index }: Span, answer: number): number | undefined {
    const named = this.#peer();
    if (answer < 0) return named;
    const answeredBy = this.#answers.numberAt(answer) - 1;
    if (named !== undefined && columns.kind[index] === CLIENT) this.#learn(named, answeredBy);
    return answeredBy;
  }

  /** An internal span stands between: what was behind it is behind its parent. */
  #passOn({ columns, id, parent, timeMs }: Span): void {
    const place = id === 0 ? -1 : this.#children.find(columns.body, id, timeMs);
    if (place < 0) return;
    const [failed, durationMs] = [this.#children.failedAt(place), this.#children.durationMsAt(place)];
    this.#children.add(this.#children.claim(columns.body, parent, timeMs), failed, durationMs);
  }

  #readAttributes({ columns, index }: Span): void {
    this.#found.clear();
    const offset = columns.spanOffset[index] ?? 0;
    const length = columns.spanLength[index] ?? 0;
    this.#found.find(columns.body, { offset, length }, SPAN_ATTRIBUTES);
  }

  /** Whom the client span says it calls. */
  #peer(): number | undefined {
    const [name, older, address, port] = this.#found.values;
    const told = name ?? older ?? (address === undefined ? undefined : `${address}:${port ?? ''}`);
    return told === undefined ? undefined : this.#nameNumber(told);
  }

  #learn(named: number, service: number): void {
    if (named === service || this.nodes[named]?.reports === true) return;
    this.aliases.set(named, service);
  }

  #noteFailure(edge: Edge, span: Span): void {
    const [, , , , status, errorType] = this.#found.values;
    edge.failureTimesMs.push(span.timeMs);
    edge.failureWords.push(
      failureWords({ status, errorType, message: statusMessage(span.columns, span.index) }),
    );
    if (edge.failureTimesMs.length <= FAILURES_KEPT) return;
    edge.failureTimesMs.shift();
    edge.failureWords.shift();
  }

  #nameNumber(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.nodes.length >= NAMES_MAX) {
      this.dropped += 1;
      return undefined;
    }
    const node: Node = { name, reports: false, served: new CallSeries(), self: new CallSeries(), lastMs: 0 };
    const number = this.nodes.push(node) - 1;
    this.#numbers.set(name, number);
    return number;
  }

  #edge(caller: number, callee: number): Edge | undefined {
    const key = edgeKey(caller, callee);
    const known = this.#edgeNumbers.get(key);
    if (known !== undefined) return this.edges[known];
    if (this.edges.length >= EDGES_MAX) {
      this.dropped += 1;
      return undefined;
    }
    const edge: Edge = {
      number: this.edges.length,
      caller,
      callee,
      called: new CallSeries(),
      answered: new CallSeries(),
      failureTimesMs: [],
      failureWords: [],
    };
    this.edges.push(edge);
    this.#edgeNumbers.set(key, edge.number);
    return edge;
  }
}

interface Span {
  columns: SpanColumns;
  index: number;
  timeMs: number;
  durationMs: number;
  failed: boolean;
  /** Where the ids stand in the body; 0 for none. */
  id: number;
  parent: number;
}

function edgeKey(caller: number, callee: number): number {
  return caller * NAMES_MAX + callee;
}
