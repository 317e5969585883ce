/**
 * A record of the journal as a Kafka message: the body is the value, untouched,
 * the rest stands in headers as text, so that any Kafka tool can show it.
 *
 *   plimsoll-record    NODE/EPOCH/SEQUENCE
 *   plimsoll-kind      otlp-traces | otlp-logs | otlp-metrics | prom-samples
 *   plimsoll-tenant    text
 *   plimsoll-items     items in the body
 *   plimsoll-received  nanoseconds since the Unix epoch
 *   plimsoll-accepted  traces,logs,metrics,samples
 *   plimsoll-crc       CRC-32 over the above, in this order with a line feed behind each, and the body
 *
 * `accepted` is a running total by (node, partition): the items of this node's
 * records that stand in this partition, up to and including this one, over all
 * of the node's starts. So whatever a node has written between two records that
 * a reader sees is known by number, also when it is gone. Brokers check their own
 * checksum when they take a batch, and kafkajs checks none when it reads one:
 * that is why the record has one of its own.
 */
import { NO_ITEMS, RECORD_KINDS, type RecordKind, type Totals } from '#signals/records.ts';
import type { RecordId } from '#signals/ids.ts';
import type { Crc32 } from '#journal/core/format.ts';

export interface RecordFacts {
  readonly id: RecordId;
  readonly kind: RecordKind;
  readonly tenant: string;
  readonly items: number;
  readonly receivedUnixNanos: bigint;
  readonly accepted: Totals;
}

type Headers = Readonly<Record<string, Uint8Array | undefined>>;

const RECORD = 'plimsoll-record';
const NAMES = [
  RECORD,
  'plimsoll-kind',
  'plimsoll-tenant',
  'plimsoll-items',
  'plimsoll-received',
  'plimsoll-accepted',
] as const;
const CRC = 'plimsoll-crc';

/** About what a message takes beyond its body: headers, key and Kafka's own framing. */
export const MESSAGE_OVERHEAD_BYTES = 320;

export function encodeHeaders(facts: RecordFacts, body: Uint8Array, crc32: Crc32): Record<string, string> {
  const { node, epoch, sequence } = facts.id;
  const values = [
    `${node}/${epoch}/${sequence}`,
    facts.kind,
    facts.tenant,
    String(facts.items),
    String(facts.receivedUnixNanos),
    RECORD_KINDS.map((kind) => facts.accepted[kind]).join(','),
  ];
  const headers: Record<string, string> = {};
  for (const [index, name] of NAMES.entries()) headers[name] = values[index] ?? '';
  headers[CRC] = checksum(values, body, crc32);
  return headers;
}

/** `foreign`: not of ours. `damaged`: of ours once, and not what it was. */
export function decodeHeaders(
  headers: Headers,
  body: Uint8Array,
  crc32: Crc32,
): RecordFacts | 'foreign' | 'damaged' {
  const id = headers[RECORD];
  if (id === undefined) return 'foreign';
  const values = NAMES.map((name) => textOf(headers[name]));
  if (checksum(values, body, crc32) !== textOf(headers[CRC])) return 'damaged';
  const [record = '', kindText = '', tenant = '', items = '', received = '', accepted = ''] = values;
  const [node = '', epoch, sequence] = record.split('/');
  const kind = RECORD_KINDS.find((known) => known === kindText);
  if (kind === undefined) return 'foreign';
  return {
    id: { node, epoch: Number(epoch), sequence: Number(sequence) },
    kind,
    tenant,
    items: Number(items),
    receivedUnixNanos: BigInt(received),
    accepted: totalsOf(accepted.split(',').map(Number)),
  };
}

/** Totals from their values in the order of RECORD_KINDS; what is left out is 0. */
export function totalsOf(values: readonly number[]): Totals {
  const totals = { ...NO_ITEMS };
  for (const [index, kind] of RECORD_KINDS.entries()) totals[kind] = values[index] ?? 0;
  return totals;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : decoder.decode(bytes);
}

function checksum(values: readonly string[], body: Uint8Array, crc32: Crc32): string {
  return crc32(body, crc32(encoder.encode(`${values.join('\n')}\n`), 0)).toString(16);
}
