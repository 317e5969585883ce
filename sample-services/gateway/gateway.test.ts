import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { CLIENTS_MAX, RateLimit } from '#sample-services/gateway/core/rate-limit.ts';
import { Tokens } from '#sample-services/gateway/tokens.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';

const PORTAL = { clientId: 'portal', clientSecret: 'secret' };
const KEY = 'a key of more than thirty-two bytes in all';

function isStatus(status: number) {
  return (error: unknown): boolean => error instanceof Problem && error.status === status;
}

test('a client gets a token, and is known by it', async () => {
  const tokens = new Tokens(PORTAL, KEY);
  const token = await tokens.issue(PORTAL);
  assert.equal(await tokens.clientOf(`Bearer ${token}`), 'portal');
  assert.equal(await tokens.clientOf(`bearer ${token}`), 'portal', 'also the second time, from the cache');
});

test('wrong credentials get none', async () => {
  const tokens = new Tokens(PORTAL, KEY);
  for (const wrong of [
    { ...PORTAL, clientSecret: 'Secret' },
    { ...PORTAL, clientId: 'other' },
    { clientId: '', clientSecret: '' },
  ]) {
    await assert.rejects(tokens.issue(wrong), isStatus(401));
  }
});

test('tokens of others, old ones and no tokens are refused', async () => {
  const tokens = new Tokens(PORTAL, KEY);
  const sign = (key: string, issuer: string, expires: number): Promise<string> =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer)
      .setSubject('portal')
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(key));
  const later = Math.floor(Date.now() / 1000) + 60;
  const good = await sign(KEY, 'freight-gateway', later);
  assert.equal(
    await tokens.clientOf(`Bearer ${good}`),
    'portal',
    'what is refused below differs in one thing',
  );
  const wrong = [
    await sign(KEY.toUpperCase(), 'freight-gateway', later),
    await sign(KEY, 'elsewhere', later),
    await sign(KEY, 'freight-gateway', later - 120),
    `${good}x`,
    'eyJhbGciOiJub25lIn0.eyJzdWIiOiJwb3J0YWwifQ.',
    'x',
  ];
  for (const token of wrong) await assert.rejects(tokens.clientOf(`Bearer ${token}`), isStatus(401), token);
  for (const header of [undefined, '', 'Bearer', 'Bearer ', `Basic ${good}`]) {
    await assert.rejects(tokens.clientOf(header), isStatus(401), header ?? 'none');
  }
});

test('one client too fast is told when to come again, another is not', () => {
  let rejected = 0;
  const limit = new RateLimit(2, () => (rejected += 1));
  for (let request = 0; request < 4; request += 1) limit.check('a', 0);
  assert.throws(
    () => limit.check('a', 0),
    (error) => isStatus(429)(error) && error instanceof Problem && error.retryAfterS === 0.5,
  );
  limit.check('b', 0);
  limit.check('a', 500);
  assert.equal(rejected, 1);
});

test('clients that are idle are forgotten when there are too many', () => {
  const limit = new RateLimit(1, () => {});
  for (let client = 0; client < CLIENTS_MAX; client += 1) limit.check(`c${client}`, 0);
  assert.equal(limit.size, CLIENTS_MAX);
  limit.check('new', 60_000);
  assert.equal(limit.size, 1);
});
