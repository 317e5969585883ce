import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Net } from '#base/net.ts';
import { systemClock } from '#base/real/clock.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { Destination, UnansweredError } from '#collector/exporters/http/destination.ts';
import { ExportError } from '#collector/exporters/ports.ts';
import { JaegerApi } from '#storage/jaeger/api.ts';
import { PrometheusApi } from '#storage/prometheus/api.ts';

const SECRET = 'Basic c2VjcmV0';
const URL_TEXT = 'http://far:1';
const asked = { url: URL_TEXT, headers: { Authorization: SECRET }, timeoutMs: 1000, tls: undefined };

function answering(status: number, text: string): Net {
  const body = new TextEncoder().encode(text);
  return { request: () => Promise.resolve({ status, headers: {}, body, truncated: false }) };
}

function failing(code: string): Net {
  return { request: () => Promise.reject(Object.assign(new Error('no'), { code })) };
}

function post(net: Net): Promise<unknown> {
  const common = { ...COMMON_DEFAULT, headers: asked.headers };
  const destination = new Destination({ net, clock: systemClock, common, tls: undefined });
  const { signal } = new AbortController();
  return destination.post({ url: URL_TEXT, headers: {}, body: new Uint8Array(), signal });
}

const WRONG: readonly (readonly [Net, string, RegExp])[] = [
  [answering(401, 'Unauthorized'), 'PLIM_CREDENTIALS_REFUSED', /401: Unauthorized; mend Authorization/],
  [answering(403, ''), 'PLIM_CREDENTIALS_REFUSED', /403; mend Authorization/],
  [answering(400, 'Client sent an HTTP request to an HTTPS server.\n'), 'PLIM_TLS_FAILED', /https:\/\//],
  [failing('SELF_SIGNED_CERT_IN_CHAIN'), 'PLIM_TLS_FAILED', /mend ca_file/],
];

test('who we are and TLS are never about the data: an exporter tries again', async () => {
  for (const [net, code, text] of WRONG) {
    await assert.rejects(post(net), (error) => {
      assert.ok(error instanceof ExportError && error.message.startsWith(`${code}: `), String(error));
      assert.match(error.message, text);
      assert.ok(!error.message.includes(SECRET));
      return true;
    });
  }
});

test('a server that TLS kept us from has taken nothing', async () => {
  const mayBeTaken = async (code: string): Promise<unknown> =>
    post(failing(code)).catch((error: unknown) => error instanceof UnansweredError && error.mayBeTaken);
  assert.equal(await mayBeTaken('SELF_SIGNED_CERT_IN_CHAIN'), false);
  assert.equal(await mayBeTaken('ECONNRESET'), true);
});

test('an answer about the data is left to the exporter', async () => {
  assert.partialDeepStrictEqual(await post(answering(400, 'out of order sample')), { status: 400 });
});

test('readers tell the same by the same codes', async () => {
  for (const [net, code, message] of WRONG) {
    await assert.rejects(new PrometheusApi({ ...asked, net }).ask('/query', []), { code, message });
    await assert.rejects(new JaegerApi({ ...asked, net }).ask('/api/services', {}), { code, message });
  }
});
