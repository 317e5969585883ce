import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { exportResponse, statusBody } from '#signals/otlp/response.ts';

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Response { Partial partial_success = 1; }
  message Partial { int64 rejected = 1; string error_message = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Any { string type_url = 1; bytes value = 2; }
  message RetryInfo { Duration retry_delay = 1; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message BadRequest { repeated Violation field_violations = 1; }
  message Violation { string field = 1; string description = 2; }
`);

function read(type: string, body: Uint8Array): Record<string, unknown> {
  const found = root.lookupType(type);
  return found.toObject(found.decode(body), { longs: String });
}

function text(body: Uint8Array): string {
  return Buffer.from(body).toString();
}

test('full success is empty in both encodings', () => {
  assert.equal(exportResponse('traces', 'protobuf', 0, '').length, 0);
  assert.equal(text(exportResponse('traces', 'json', 0, '')), '{}');
});

test('partial success names the count and the reason; a warning has a count of 0', () => {
  assert.deepEqual(read('Response', exportResponse('logs', 'protobuf', 300, 'größer')), {
    partialSuccess: { rejected: '300', errorMessage: 'größer' },
  });
  assert.deepEqual(read('Response', exportResponse('logs', 'protobuf', 0, 'careful')), {
    partialSuccess: { errorMessage: 'careful' },
  });
  assert.deepEqual(
    (['traces', 'metrics', 'logs'] as const).map((signal) => text(exportResponse(signal, 'json', 3, 'x'))),
    ['rejectedSpans', 'rejectedDataPoints', 'rejectedLogRecords'].map(
      (name) => `{"partialSuccess":{"${name}":"3","errorMessage":"x"}}`,
    ),
  );
});

test('a status carries its details in both encodings', () => {
  const status = {
    code: 3,
    message: 'm'.repeat(200),
    retryAfterSeconds: 200,
    violation: { field: 'body', description: 'cut off' },
  };
  const decoded = read('Status', statusBody(status, 'protobuf'));
  const details = decoded['details'] as { typeUrl: string; value: Uint8Array }[];
  assert.deepEqual([decoded['code'], decoded['message']], [3, status.message]);
  assert.deepEqual(
    details.map(({ typeUrl, value }) => read(typeUrl.replace(/^.*\./, ''), value)),
    [{ fieldViolations: [status.violation] }, { retryDelay: { seconds: '200' } }],
  );
  const json = JSON.parse(text(statusBody(status, 'json'))) as { details: unknown[] };
  assert.deepEqual(json.details, [
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [status.violation] },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '200s' },
  ]);
});
