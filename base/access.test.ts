import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessRefusal, tlsFailure } from '#base/access.ts';

function failure(code: string | undefined, message = 'x'): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

test('each way TLS fails names the key to mend', () => {
  const cases: readonly (readonly [Error, RegExp])[] = [
    [failure('SELF_SIGNED_CERT_IN_CHAIN'), /mend ca_file/],
    [failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /mend ca_file/],
    [failure(undefined, 'unable to get local issuer certificate'), /mend ca_file/],
    [failure('ERR_TLS_CERT_ALTNAME_INVALID'), /server_name_override/],
    [failure('CERT_HAS_EXPIRED'), /renew it/],
    [failure('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), /mend cert_file and key_file/],
    [
      failure('EPROTO', 'write EPROTO 0A:error:0A00010B:SSL routines:f:wrong version number:a.c:3:'),
      /http:\/\//,
    ],
    [new Error('outer', { cause: failure('CERT_SIGNATURE_FAILURE') }), /mend ca_file/],
    [failure('ERR_SSL_NO_SHARED_CIPHER'), /mend the section tls/],
  ];
  for (const [error, expected] of cases) {
    const found = tlsFailure(error, 'https://es:9200');
    assert.equal(found?.code, 'PLIM_TLS_FAILED', error.message);
    assert.match(found?.line ?? '', /^PLIM_TLS_FAILED: no TLS connection to https:\/\/es:9200/);
    assert.match(found?.message ?? '', expected);
  }
});

test('what has nothing to do with TLS is left to others', () => {
  assert.equal(tlsFailure(failure('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'), 'x'), undefined);
  assert.equal(tlsFailure('no error', 'x'), undefined);
});

test('answers about who we are name the keys, others are none', () => {
  const answer = { who: 'http://p:9090', text: 'Unauthorized', keys: 'headers' };
  const refused = accessRefusal({ ...answer, status: 401 });
  assert.equal(
    refused?.line,
    'PLIM_CREDENTIALS_REFUSED: http://p:9090 answered 401: Unauthorized; mend headers',
  );
  assert.equal(accessRefusal({ ...answer, status: 400 }), undefined);
  assert.equal(accessRefusal({ ...answer, status: 404 }), undefined);
  const text = 'Client sent an HTTP request to an HTTPS server.';
  assert.match(accessRefusal({ ...answer, status: 400, text })?.line ?? '', /^PLIM_TLS_FAILED.*https:\/\//);
});
