/**
 * A real Kafka that asks who is there: a listener with TLS and a login, one with
 * TLS and certificates on both sides, and an open one for what the test itself asks.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { present } from '#base/invariant.ts';
import { isMissing, type Engine, type Missing } from '#test/engines/engine.ts';
import { findKafka, runKafkaTool, startBroker } from '#test/engines/kafka-broker.ts';
import { freePort } from '#test/engines/ports.ts';
import { findOnPath, runTool } from '#test/engines/tool.ts';

const OPENSSL_MS_MAX = 20_000;

/** Who may log in, by each mechanism. */
export const USER = { username: 'alice', password: 'wonder-land-1865' } as const;

/** PEM files. */
export interface Certificates {
  /** Of the authority that signed all but the last. */
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** An authority that signed nothing here. */
  readonly otherCa: string;
}

export interface SecuredKafka extends AsyncDisposable {
  readonly kafka: Engine;
  /** `localhost:PORT`, the name in its certificate: TLS, and a login by PLAIN or SCRAM. */
  readonly login: string;
  /** The same listener under a name that its certificate does not bear. */
  readonly otherName: string;
  /** `localhost:PORT`: TLS, and a certificate instead of a login. */
  readonly mutual: string;
  readonly files: Certificates;
  /** Lets a user log in by SCRAM-SHA-512. */
  readonly setPassword: (username: string, password: string) => Promise<void>;
}

export async function startSecuredKafka(): Promise<SecuredKafka | Missing> {
  const install = await findKafka();
  if (isMissing(install)) return install;
  const openssl = findOnPath('openssl');
  if (openssl === undefined) return { missing: 'no openssl on the PATH (Debian: apt install openssl)' };
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-kafka-certificates-'));
  try {
    const [port = 0, controller = 0, login = 0, mutual = 0] = await Promise.all(
      [0, 1, 2, 3].map(() => freePort()),
    );
    const files = await makeCertificates(openssl, folder);
    const kafka = await startBroker(install, {
      node: 1,
      port,
      controllerPorts: [controller],
      properties: {
        listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller},LOGIN://127.0.0.1:${login},MUTUAL://127.0.0.1:${mutual}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},LOGIN://localhost:${login},MUTUAL://localhost:${mutual}`,
        'listener.security.protocol.map':
          'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_SSL,MUTUAL:SSL',
        ...securityOf(folder),
      },
      scram: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(
        (mechanism) => `${mechanism}=[name=${USER.username},password=${USER.password}]`,
      ),
    });
    return {
      kafka,
      login: `localhost:${login}`,
      otherName: `127.0.0.1:${login}`,
      mutual: `localhost:${mutual}`,
      files,
      setPassword: (username, password) =>
        runKafkaTool(install, folder, [
          'kafka.admin.ConfigCommand',
          '--bootstrap-server',
          kafka.url,
          '--alter',
          '--entity-type=users',
          `--entity-name=${username}`,
          `--add-config=SCRAM-SHA-512=[password=${password}]`,
        ]),
      async [Symbol.asyncDispose]() {
        await kafka[Symbol.asyncDispose]();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function securityOf(folder: string): Record<string, string> {
  const login = 'listener.name.login';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'server.store.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'ca.pem'),
    'listener.name.mutual.ssl.client.auth': 'required',
    // Whoever comes by the open listener may do everything; the others, too, where nothing is said.
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'allow.everyone.if.no.acl.found': 'true',
    [`${login}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${login}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER.username}="${USER.password}";`,
    [`${login}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${login}.scram-sha-512.sasl.jaas.config`]: scram,
  };
}

/** Two authorities of a day, and what the first signs for the server and a client. */
async function makeCertificates(openssl: string, folder: string): Promise<Certificates> {
  const run = (...words: readonly string[]): Promise<string> =>
    runTool([openssl, ...words], { cwd: folder, timeoutMs: OPENSSL_MS_MAX });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '1'];
  for (const name of ['ca', 'other-ca']) {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    await run('req', '-x509', ...key, '-subj', `/CN=${name} of a test`, ...files);
  }
  for (const name of ['server', 'client']) {
    await run('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(join(folder, `${name}.ext`), 'subjectAltName=DNS:localhost\n');
    const signed = ['-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`, '-days', '1'];
    await run('x509', '-req', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', ...signed);
  }
  const [own, pem] = ['server.key', 'server.pem'].map((name) => readFileSync(join(folder, name), 'utf8'));
  writeFileSync(
    join(folder, 'server.store.pem'),
    present(own, 'it was made') + present(pem, 'it was signed'),
  );
  return {
    ca: join(folder, 'ca.pem'),
    clientCert: join(folder, 'client.pem'),
    clientKey: join(folder, 'client.key'),
    otherCa: join(folder, 'other-ca.pem'),
  };
}
