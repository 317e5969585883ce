import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessError } from '#base/access.ts';
import { accessFailure, connectFailure, type Door } from '#journal/kafka/core/access.ts';

const DOOR: Door = {
  brokers: ['kafka-1:9094', 'kafka-2:9094'],
  tls: {},
  sasl: { mechanism: 'plain', username: 'u', password: 'p' },
};

/** As kafkajs wraps what it was told. */
function wrapped(message: string, more: object = {}): Error {
  return new Error(message, { cause: Object.assign(new Error(message), more) });
}

function lineOf(error: unknown, answer?: string): string {
  const found = accessFailure(error, answer, DOOR);
  assert.ok(found instanceof AccessError, String(found));
  return found.line;
}

for (const [name, message, answer, line] of [
  [
    'a wrong password',
    'SASL SCRAM SHA512 authentication failed: invalid credentials',
    undefined,
    /^PLIM_CREDENTIALS_REFUSED: Kafka at kafka-1:9094, kafka-2:9094 refused .*\(SASL SCRAM.*invalid credentials\); mend username, password .*auth\.sasl/,
  ],
  [
    'a mechanism that is not taken',
    'SASL PLAIN mechanism is not supported by the server',
    undefined,
    /^PLIM_CREDENTIALS_REFUSED: .*mend auth\.sasl\.mechanism/,
  ],
  [
    'a login where none is asked for',
    'x',
    'ILLEGAL_SASL_STATE',
    /take auth away, or mend the port in brokers/,
  ],
  [
    'a right that is lacking',
    'x',
    'TOPIC_AUTHORIZATION_FAILED',
    /answered TOPIC_AUTHORIZATION_FAILED: grant/,
  ],
  [
    'a listener without TLS',
    'Connection error: Client network socket disconnected before secure TLS connection was established',
    undefined,
    /^PLIM_TLS_FAILED: .*take tls away, or mend the port in brokers/,
  ],
] as const) {
  void test(`${name} names the key to mend`, () => assert.match(lineOf(wrapped(message), answer), line));
}

test('what TLS itself says is told with the broker and the key', () => {
  const error = wrapped('Connection error: unable to verify the first certificate', {
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    broker: 'kafka-2:9094',
  });
  assert.match(lineOf(error), /^PLIM_TLS_FAILED: no TLS connection to Kafka at kafka-2:9094 .*mend ca_file/);
});

test('what is about something else stays as it is', () => {
  for (const [message, answer] of [
    ['connect ECONNREFUSED 127.0.0.1:9092', undefined],
    ['Closed connection', undefined],
    ['There is no leader', 'LEADER_NOT_AVAILABLE'],
  ] as const) {
    const error = wrapped(message);
    assert.equal(accessFailure(error, answer, DOOR), error);
    assert.equal(connectFailure(error, answer, DOOR), error, 'TLS and a login are configured');
  }
  const known = new AccessError('PLIM_TLS_FAILED', 'x');
  assert.equal(accessFailure(known, undefined, DOOR), known);
});

test('a connection that is closed while it is made may want what is not configured', () => {
  const plain = { ...DOOR, tls: undefined, sasl: undefined };
  const found = connectFailure(wrapped('Closed connection'), undefined, plain);
  assert.match(String(found), /asks for what is not configured: tls or auth\.sasl/);
  assert.ok(found instanceof Error && !(found instanceof AccessError), 'it may be a broker that ends');
});
