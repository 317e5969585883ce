import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { HONOURED, readSettings } from '#sdk/core/settings.ts';

const NAMED = { OTEL_SERVICE_NAME: 'quotes' };

test('without anything set, telemetry goes to the collector next door', () => {
  const settings = readSettings(NAMED);
  equal(settings.traces.url, 'http://127.0.0.1:4318/v1/traces');
  equal(settings.logs.url, 'http://127.0.0.1:4318/v1/logs');
  deepEqual(settings.traceBatching, { delayMs: 200, batchItemsMax: 512, queueItemsMax: 2048 });
  deepEqual([settings.disabled, settings.tracesExporter, settings.logsExported], [false, 'otlp', true]);
  deepEqual(settings.complaints, []);
});

test('what is set for one signal comes before what is set for all', () => {
  const settings = readSettings({
    ...NAMED,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318/base/',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://logs:9/in',
    OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=two%20words',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=3',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1500',
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '20',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
  });
  deepEqual(settings.traces, {
    url: 'https://collector:4318/base/v1/traces',
    headers: { a: '3', b: 'two words' },
    timeoutMs: 1500,
    compression: 'gzip',
  });
  deepEqual(settings.logs, {
    url: 'http://logs:9/in',
    headers: { a: '1', b: 'two words' },
    timeoutMs: 20,
    compression: 'none',
  });
  deepEqual(settings.complaints, []);
});

test('empty means not set', () => {
  const settings = readSettings({ ...NAMED, OTEL_EXPORTER_OTLP_ENDPOINT: ' ', OTEL_TRACES_EXPORTER: '' });
  deepEqual(settings, readSettings(NAMED));
});

test('each value that cannot be taken is named, with what would be right', () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    OTEL_EXPORTER_OTLP_ENDPOINT: ['collector:4318', 'expected http://HOST:PORT; taking the default'],
    OTEL_EXPORTER_OTLP_TIMEOUT: ['soon', 'expected a whole number from 1; taking 10000'],
    OTEL_BSP_SCHEDULE_DELAY: ['0', 'expected a whole number from 1; taking 200'],
    OTEL_TRACES_EXPORTER: ['zipkin', 'expected otlp or jaeger or none; taking otlp'],
    OTEL_METRICS_EXPORTER: ['otlp', 'expected prometheus or none; taking prometheus'],
    OTEL_EXPORTER_OTLP_PROTOCOL: ['grpc', 'expected http/protobuf; taking http/protobuf'],
  };
  for (const [name, [value, expectation]] of Object.entries(cases)) {
    const { complaints } = readSettings({ ...NAMED, [name]: value });
    deepEqual(complaints, [`${name} is ${value}: ${expectation}`]);
  }
});

test('unknown names are told in one sentence, known ones never', () => {
  const { complaints } = readSettings({ ...NAMED, OTEL_ZZ: '1', OTEL_AA: '2', OTHER: '3' });
  deepEqual(complaints, ['without effect here: OTEL_AA, OTEL_ZZ']);
  const empty = Object.fromEntries(HONOURED.map((name) => [name, '']));
  deepEqual(readSettings({ ...empty, ...NAMED }).complaints, []);
});

test('a service without a name is told so; a resource attribute names it too', () => {
  equal(readSettings({}).complaints.length, 1);
  equal(readSettings({ OTEL_RESOURCE_ATTRIBUTES: 'a=b,service.name=billing' }).serviceName, 'billing');
});

test('peers and the way to Jaeger', () => {
  const settings = readSettings({
    ...NAMED,
    OTEL_TRACES_EXPORTER: 'Jaeger',
    OTEL_EXPORTER_JAEGER_ENDPOINT: 'http://old:14268/api/traces',
    OTEL_EXPORTER_JAEGER_USER: 'me',
    OTEL_EXPORTER_JAEGER_PASSWORD: 'x',
    OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING: '127.0.0.1:1=quotes, 127.0.0.1:2=broker,junk,=',
  });
  equal(settings.tracesExporter, 'jaeger');
  deepEqual(settings.jaeger.headers, { authorization: 'Basic bWU6eA==' });
  deepEqual(
    [...settings.peerServices],
    [
      ['127.0.0.1:1', 'quotes'],
      ['127.0.0.1:2', 'broker'],
    ],
  );
});
