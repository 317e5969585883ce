import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { isSecretName, redact, REDACTED, redactText } from '#sdk/core/redact.ts';

test('secrets are known by the names of their fields, however written', () => {
  for (const name of [
    'authorization',
    'Proxy-Authorization',
    'password',
    'userPassword',
    'client_secret',
    'access_token',
    'refreshToken',
    'X-API-Key',
    'apiKey',
    'set-cookie',
    'jwt',
    'private_key',
  ]) {
    equal(isSecretName(name), true, name);
  }
  for (const name of ['shipment_id', 'key', 'author', 'price_cents', 'msg', 'pass_through']) {
    equal(isSecretName(name), false, name);
  }
});

test('they are taken out at any depth, and nothing else is touched', () => {
  const fields = {
    a: 1,
    list: [{ token: 'x' }, 2],
    req: { headers: { cookie: 'y', host: 'h' } },
    gone: null,
  };
  deepEqual(redact(fields), {
    a: 1,
    list: [{ token: REDACTED }, 2],
    req: { headers: { cookie: REDACTED, host: 'h' } },
    gone: null,
  });
  equal(fields.req.headers.cookie, 'y', 'the caller keeps what it has');
  const clean = { a: { b: [1, { c: 2 }] } };
  equal(redact(clean), clean, 'no copy where nothing had to go');
});

test('a cycle ends, an absent secret stays absent, other classes are left alone', () => {
  const cycle: Record<string, unknown> = { password: undefined };
  cycle['self'] = cycle;
  const date = new Date(0);
  const cleaned = redact({ cycle, date, secret: null });
  equal(cleaned.date, date);
  equal(cleaned.secret, null);
});

test('credentials are recognised in texts', () => {
  equal(
    redactText('sent Authorization: Bearer abcdef123456 to x'),
    `sent Authorization: Bearer ${REDACTED} to x`,
  );
  equal(redactText('token eyJhbGciOi.eyJzdWIi.c2ln!'), `token ${REDACTED}!`);
  for (const text of ['Basic plan', 'the bearer of this', 'eyJ', 'a Bearer x']) equal(redactText(text), text);
});
