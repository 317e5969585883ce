/** Log records as JSON of our own API. */
import type { Attribute, AttributeValue, LogRecord } from '#signals/model.ts';

/** 64-bit numbers and nanoseconds as text: JSON readers would round them. */
export function logRecordJson(record: LogRecord): Readonly<Record<string, unknown>> {
  return {
    id: record.id,
    unixNanos: record.unixNanos.toString(),
    observedUnixNanos: record.observedUnixNanos.toString(),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    eventName: record.eventName,
    body: plain(record.body),
    traceId: record.traceId ?? null,
    spanId: record.spanId ?? null,
    attributes: plainMap(record.attributes),
    resource: plainMap(record.resource.attributes),
    scope: {
      name: record.scope.name,
      version: record.scope.version,
      attributes: plainMap(record.scope.attributes),
    },
  };
}

function plainMap(list: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: AttributeValue): unknown {
  switch (value.kind) {
    case 'empty':
      return null;
    case 'string':
    case 'bool':
      return value.value;
    case 'double':
      return Number.isFinite(value.value) ? value.value : String(value.value);
    case 'int': {
      const number = Number(value.value);
      return Number.isSafeInteger(number) ? number : value.value.toString();
    }
    case 'bytes':
      return Buffer.from(value.value).toString('base64');
    case 'array':
      return value.value.map(plain);
    case 'map':
      return plainMap(value.value);
    default:
      return value satisfies never;
  }
}
