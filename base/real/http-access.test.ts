import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { IncomingHttpHeaders } from 'node:http';
import { hostName, isLoopback, refusal, type AccessRules } from '#base/real/http-access.ts';

const RULES: AccessRules = { hosts: new Set(['localhost', '127.0.0.1', '::1']), apiKey: undefined };

function codeOf(
  headers: IncomingHttpHeaders,
  {
    method = 'POST',
    path = '/x',
    rules = RULES,
  }: { method?: string; path?: string; rules?: AccessRules } = {},
): string {
  return refusal({ method, path, headers: { host: 'localhost:7300', ...headers } }, rules)?.code ?? 'allowed';
}

test('the Host header must be on the allow-list', () => {
  equal(codeOf({}), 'allowed');
  equal(codeOf({ host: 'LOCALHOST.' }), 'allowed');
  equal(codeOf({ host: '[::1]:80' }), 'allowed');
  for (const host of ['evil.example', 'localhost.evil.example', 'localhost@evil', '127.0.0.1.nip.io', '']) {
    equal(codeOf({ host }, { method: 'GET' }), 'PLIM_HOST_REFUSED', host);
  }
  equal(codeOf({ host: 'evil.example' }, { rules: { ...RULES, hosts: undefined } }), 'allowed');
});

test('a state change from a foreign page is refused, reading is not', () => {
  const foreign: readonly IncomingHttpHeaders[] = [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:9999' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of foreign) {
    equal(codeOf(headers), 'PLIM_ORIGIN_REFUSED', JSON.stringify(headers));
    equal(codeOf(headers, { method: 'GET' }), 'allowed');
  }
  equal(codeOf({ origin: 'http://localhost:7300', 'sec-fetch-site': 'same-origin' }), 'allowed');
});

test('where a key is set everything but the probes asks for it', () => {
  const rules = { ...RULES, apiKey: 'secret' };
  equal(codeOf({}, { rules }), 'PLIM_KEY_REQUIRED');
  equal(codeOf({ authorization: 'Bearer secre' }, { rules }), 'PLIM_KEY_REQUIRED');
  equal(codeOf({ authorization: 'Bearer secret' }, { rules }), 'allowed');
  equal(codeOf({}, { rules, method: 'GET', path: '/-/healthy' }), 'allowed');
  equal(codeOf({}, { rules, method: 'GET', path: '/-/healthy/' }), 'PLIM_KEY_REQUIRED');
});

test('names and loopback', () => {
  equal(hostName('a b'), undefined);
  equal(hostName('[::1'), undefined);
  equal(isLoopback('127.8.8.8'), true);
  equal(isLoopback('127.0.0.1.example'), false);
  equal(isLoopback('0.0.0.0'), false);
});
