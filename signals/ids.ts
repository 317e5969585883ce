/**
 * Identity. A record gets its id when it is accepted; an item inside it is the
 * record id and its ordinal. Never derived from file position (a wiped disk
 * reuses it) or from content (two equal log lines are two).
 */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** 32 lower-case hex digits, not all zero (W3C Trace Context §3.2.2.3). */
export type TraceId = Brand<string, 'TraceId'>;
/** 16 lower-case hex digits, not all zero. */
export type SpanId = Brand<string, 'SpanId'>;

/** One run of one journal writer: the node's uuid and how often it has started. */
export interface Producer {
  /** UUID of the node, fixed for the life of its data folder. */
  readonly node: string;
  /** Boot epoch: 1 at the first start, one more at each. */
  readonly epoch: number;
}

/** Who accepted a record, and as which one. Sequences rise by one from 1. */
export interface RecordId extends Producer {
  readonly sequence: number;
}

/** `node/epoch`, the key under which consumers remember a producer. */
export function producerKey(producer: Producer): string {
  return `${producer.node}/${producer.epoch}`;
}

/** The id of an item in its text form, also its `_id` in Elasticsearch. */
export function itemId(record: RecordId, ordinal: number): string {
  return `${record.node}-${record.epoch.toString(36)}-${record.sequence.toString(36)}-${ordinal.toString(36)}`;
}

/** The tenant until credentials name one. */
export const DEFAULT_TENANT = 'default';
