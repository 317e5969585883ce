import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { generateKeyPairSync } from 'node:crypto';
import { PROMETHEUS_TLS_SCHEMA, TLS_SCHEMA, type TlsConfig } from '#base/config/tls.ts';
import { parseYaml } from '#base/config/yaml.ts';
import { present } from '#base/invariant.ts';
import type { Problem } from '#base/problem.ts';
import { readTls } from '#base/real/tls-files.ts';
import { CERTIFICATE, KEY } from '#test/fixtures/tls.ts';

const NONE: TlsConfig = {
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
  serverName: undefined,
  skipsVerify: false,
};

function files(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-tls-files-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return {
    cert: file('cert.pem', CERTIFICATE),
    key: file('key.pem', KEY),
    otherKey: file('other.pem', other.export({ type: 'pkcs8', format: 'pem' }).toString()),
    text: file('text.pem', 'not in PEM'),
    missing: join(folder, 'missing.pem'),
  };
}

test('files that fit are read, and nothing is where nothing is said', (t) => {
  const { cert, key } = files(t);
  assert.equal(readTls(NONE), undefined);
  assert.deepEqual(readTls({ ...NONE, caFile: cert, certFile: cert, keyFile: key, serverName: 'a' }), {
    ca: CERTIFICATE,
    cert: CERTIFICATE,
    key: KEY,
    serverName: 'a',
    skipsVerify: false,
  });
});

test('files that cannot be used are told by their key, before anything is sent', (t) => {
  const { cert, key, otherKey, text, missing } = files(t);
  const cases: readonly (readonly [Partial<TlsConfig>, RegExp])[] = [
    [{ caFile: missing }, /^ca_file cannot be read/],
    [{ caFile: text }, /^ca_file holds no certificate in PEM/],
    [{ certFile: cert, keyFile: otherKey }, /^cert_file .+ and key_file .+ cannot be used together/],
    [{ certFile: text, keyFile: key }, /^cert_file .+ and key_file .+ cannot be used together/],
  ];
  for (const [config, message] of cases) {
    assert.throws(() => readTls({ ...NONE, ...config }), { code: 'PLIM_CONFIG_INVALID', message });
  }
});

test('a certificate without its key is refused, in the words of the Collector and of Prometheus', () => {
  for (const schema of [TLS_SCHEMA, PROMETHEUS_TLS_SCHEMA]) {
    const problems: Problem[] = [];
    const root = present(parseYaml('p.yaml', 'cert_file: a').roots[0], 'the text has a root');
    assert.equal(schema.read(root, 'tls', { file: 'p.yaml', problems }), undefined);
    assert.deepEqual(
      problems.map(({ message }) => message),
      ['cert_file and key_file belong together'],
    );
  }
});
