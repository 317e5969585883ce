/**
 * Documents for searches that two servers are asked alike: logs and spans with
 * texts of many scripts, missing fields, numbers at their edges, equal times,
 * lists. Every document has an attribute `seq` of its own.
 */
import type { Random } from '#base/random.ts';
import { translateLogsJson, translateTracesJson } from '#signals/otlp/json.ts';
import type { TestRecord } from '#test/support/documents-world.ts';

export const CORPUS_START_MS = Date.UTC(2026, 0, 31, 22, 0, 0);
/** All documents lie within it. */
export const CORPUS_LENGTH_MS = 3 * 3_600_000;

export const WORDS = [
  'carrier',
  'Carrier',
  'timeout',
  'no',
  'refused',
  'payment',
  'Über',
  'ΣΊΣΥΦΟΣ',
  'İstanbul',
  '日本語',
  'カタカナ',
  'привет',
  '🚚',
  'node-7',
  'GET',
  '/quotes/42',
  'a.b.c',
  "can't",
  'x_y',
  '3.14',
  '404',
];
export const USERS = [
  'ann',
  'Ann',
  'bob',
  'Zoë',
  'Ωμέγα',
  '\u{1F69A}truck',
  'ﬁn',
  'a b',
  'a*b?',
  'q"uote\\',
  '',
];
export const LEVELS = ['INFO', 'WARN', 'ERROR', 'debug'];
const SEVERITIES: Readonly<Record<string, number>> = { debug: 5, INFO: 9, WARN: 13, ERROR: 17 };
export const SERVICES = ['quotes', 'billing', 'track-and-trace'];
export const METHODS = ['GET', 'POST', 'DELETE'];

type Value = Readonly<Record<string, unknown>>;

const text = (value: string): Value => ({ stringValue: value });
const int = (value: number | bigint): Value => ({ intValue: String(value) });
const double = (value: number): Value => ({ doubleValue: value });
const bool = (value: boolean): Value => ({ boolValue: value });

export function one<T>(random: Random, list: readonly T[]): T {
  const found = list[random.below(list.length)];
  if (found === undefined) throw new Error('a list to choose from is empty');
  return found;
}

function message(random: Random): string {
  return Array.from({ length: 1 + random.below(7) }, () => one(random, WORDS)).join(
    one(random, [' ', ' ', ', ', ': ']),
  );
}

/** Times that often are equal, at whole seconds, or with nanoseconds. */
function nanos(random: Random): bigint {
  const ms = BigInt(CORPUS_START_MS + random.below(CORPUS_LENGTH_MS));
  if (random.below(4) === 0) return (ms / 60_000n) * 60_000_000_000n;
  return ms * 1_000_000n + BigInt(random.below(1_000_000));
}

function attributes(random: Random, seq: number): readonly unknown[] {
  const all: Record<string, Value> = { seq: int(seq) };
  if (random.below(5) > 0) all['user'] = text(one(random, USERS));
  if (random.below(4) > 0) all['http.status'] = int(one(random, [200, 200, 201, 404, 500, 503]));
  if (random.below(3) > 0)
    all['latency'] = double(
      one(random, [0.5, 1, 1.25, 7, 99.9, 0.000001, -3.5, 1e9]) * (1 + random.below(5)),
    );
  if (random.below(3) > 0) all['retry'] = bool(random.below(2) === 0);
  if (random.below(3) > 0) all['http.method'] = text(one(random, METHODS));
  if (random.below(4) === 0) all['big'] = int(9_007_199_254_740_993n + BigInt(random.below(3)));
  if (random.below(3) === 0) {
    const values = Array.from({ length: 1 + random.below(3) }, () =>
      text(one(random, ['red', 'green', 'blue'])),
    );
    all['tags'] = { arrayValue: { values } };
  }
  if (random.below(4) === 0) {
    const values = Array.from({ length: 1 + random.below(3) }, () => int(random.below(20)));
    all['sizes'] = { arrayValue: { values } };
  }
  return Object.entries(all).map(([key, value]) => ({ key, value }));
}

function resource(random: Random) {
  return {
    attributes: [
      { key: 'service.name', value: text(one(random, SERVICES)) },
      { key: 'host.name', value: text(one(random, ['h1', 'h2'])) },
    ],
  };
}

function hex(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString('hex');
}

const ITEMS_PER_RECORD = 25;

export function corpus(
  random: Random,
  counts: { readonly logs: number; readonly spans: number },
): readonly TestRecord[] {
  const records: TestRecord[] = [];
  let seq = 0;
  for (let at = 0; at < counts.logs; at += ITEMS_PER_RECORD) {
    const logRecords = Array.from({ length: ITEMS_PER_RECORD }, () => logRecord(random, seq++));
    const scope = { name: one(random, ['http', 'pg']), version: one(random, ['1.2.0', '']) };
    const request = { resourceLogs: [{ resource: resource(random), scopeLogs: [{ scope, logRecords }] }] };
    records.push({ kind: 'otlp-logs', items: logRecords.length, body: translateLogsJson(bytesOf(request)) });
  }
  for (let at = 0; at < counts.spans; at += ITEMS_PER_RECORD) {
    const spans = Array.from({ length: ITEMS_PER_RECORD }, () => span(random, seq++));
    const request = {
      resourceSpans: [{ resource: resource(random), scopeSpans: [{ scope: { name: 'http' }, spans }] }],
    };
    records.push({ kind: 'otlp-traces', items: spans.length, body: translateTracesJson(bytesOf(request)) });
  }
  return records;
}

function bytesOf(request: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(request));
}

function logRecord(random: Random, seq: number) {
  const level = random.below(5) === 0 ? undefined : one(random, LEVELS);
  const time = nanos(random);
  return {
    timeUnixNano: String(time),
    observedTimeUnixNano: String(time + 1_000_000_000n),
    severityText: level,
    severityNumber: level === undefined ? undefined : SEVERITIES[level],
    body: random.below(12) === 0 ? undefined : text(message(random)),
    traceId: random.below(3) === 0 ? hex(random, 16) : undefined,
    attributes: attributes(random, seq),
  };
}

function span(random: Random, seq: number) {
  const time = nanos(random);
  return {
    traceId: hex(random, 16),
    spanId: hex(random, 8),
    parentSpanId: random.below(2) === 0 ? hex(random, 8) : undefined,
    name: one(random, ['GET /quotes', 'POST /quotes', 'charge', 'Charge', '日本語']),
    kind: random.below(6),
    startTimeUnixNano: String(time),
    endTimeUnixNano: String(time + BigInt(one(random, [0, 1, 1000, 2_500_000, 1_000_000_000]))),
    status: random.below(3) === 0 ? { code: 2, message: 'gone' } : { code: random.below(2) },
    attributes: attributes(random, seq),
  };
}
