/** Log lines and records of OpenTelemetry's logs API, as OTLP protobuf. */
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { readLine } from '#sdk/core/log-line.ts';
import type { Delivery } from '#sdk/transport/delivery.ts';

/** A pino line as written, or a record from the logs API. */
export type LogItem = string | ReadableLogRecord;

const SCOPE = { name: '@plimsoll/sdk/logger' };
/** For a flush through OpenTelemetry's own interface. */
const FLUSH_MS_MAX = 5000;

/** Lines are read only here, a batch at a time: while a request runs a line costs nothing but its text. */
export function logEncoder(resource: Resource): (items: readonly LogItem[]) => Uint8Array {
  const record = (item: LogItem): ReadableLogRecord =>
    typeof item === 'string' ? { ...readLine(item), resource, instrumentationScope: SCOPE } : item;
  return (items) => {
    const body = ProtobufLogsSerializer.serializeRequest(items.map(record));
    if (body === undefined) throw new Error('the serializer gave nothing back');
    return body;
  };
}

/** For instrumentations and libraries that log through OpenTelemetry. */
export class LogQueue implements LogRecordProcessor {
  readonly #delivery: Delivery<LogItem>;

  constructor(delivery: Delivery<LogItem>) {
    this.#delivery = delivery;
  }

  onEmit(record: ReadableLogRecord): void {
    this.#delivery.add(record);
  }

  forceFlush(): Promise<void> {
    return this.#delivery.flush(FLUSH_MS_MAX);
  }

  shutdown(): Promise<void> {
    return this.#delivery.flush(FLUSH_MS_MAX);
  }
}
