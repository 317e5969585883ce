import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError, type ErrorCode } from '#base/errors.ts';
import { seededRandom } from '#base/sim/random.ts';
import { BUG, refusalOf } from '#collector/receivers/http/core/answers.ts';
import { acceptedAnswer, encodingOf, refusalAnswer } from '#collector/receivers/otlp-http/core/answers.ts';

const TABLE: readonly (readonly [ErrorCode, number | undefined])[] = [
  ['PLIM_BODY_MALFORMED', 400],
  ['PLIM_KEY_REQUIRED', 401],
  ['PLIM_HOST_REFUSED', 403],
  ['PLIM_ORIGIN_REFUSED', 403],
  ['PLIM_BODY_TOO_LARGE', 413],
  ['PLIM_JOURNAL_FULL', 429],
  ['PLIM_OVERLOADED', 503],
  ['PLIM_JOURNAL_FAILED', 503],
  ['PLIM_JOURNAL_CLOSED', 503],
  ['PLIM_PROMQL', undefined],
];

test('status by error', () => {
  for (const [code, status] of TABLE) {
    equal(refusalOf(new CodedError(code, 'because'))?.status, status, code);
  }
  equal(refusalOf(new TypeError('x')), undefined);
  equal(refusalOf('x'), undefined);
});

test('a refusal says code and reason; overload says when to come again, twice the same', () => {
  const random = seededRandom(3);
  const refusal = { status: 503, code: 'PLIM_OVERLOADED', message: 'too much' } as const;
  const { headers, body } = refusalAnswer(refusal, 'json', random);
  match(headers['retry-after'] ?? '', /^[12]$/);
  const status = JSON.parse(new TextDecoder().decode(body)) as { message: string; details: unknown };
  equal(status.message, 'PLIM_OVERLOADED: too much');
  match(JSON.stringify(status.details), new RegExp(`"${headers['retry-after']}s"`));
  equal(headers['content-length'], String(body.length));
});

test('405 names the method, 401 the scheme, 500 nothing of the inside', () => {
  const random = seededRandom(3);
  const method = { status: 405, code: 'PLIM_METHOD', message: 'x' } as const;
  equal(refusalAnswer(method, 'protobuf', random).headers['allow'], 'POST');
  const key = { status: 401, code: 'PLIM_KEY_REQUIRED', message: 'x' } as const;
  equal(refusalAnswer(key, 'protobuf', random).headers['www-authenticate'], 'Bearer');
  equal(refusalAnswer(BUG, 'json', random).headers['retry-after'], undefined);
});

test('full success is an empty response, in the encoding of the request', () => {
  const good = { signal: 'traces', rejected: 0, message: '' } as const;
  deepEqual(acceptedAnswer({ ...good, encoding: 'protobuf' }).body.length, 0);
  const json = acceptedAnswer({ ...good, encoding: 'json' });
  deepEqual([json.headers['content-type'], new TextDecoder().decode(json.body)], ['application/json', '{}']);
});

test('an answer is in the encoding of the request, JSON where there is none', () => {
  const types = ['Application/X-Protobuf; a=b', 'application/json', 'text/plain', undefined];
  deepEqual(types.map(encodingOf), ['protobuf', 'json', 'json', 'json']);
});
