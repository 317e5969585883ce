/** From the configuration to what kafkajs is told. */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { CodedError, errorText } from '#base/errors.ts';
import type { KafkaConnection, KafkaSasl, KafkaTls, SaslMechanism } from '#journal/kafka/config.ts';
import type { KafkaSettings } from '#journal/kafka/client.ts';

const CONNECT_MS_MAX = 3000;

/** @throws CodedError `PLIM_CONFIG_INVALID` when a file of keys or authorities cannot be read */
export function settingsOf(config: KafkaConnection & { readonly timeoutMs: number }): KafkaSettings {
  return {
    brokers: config.brokers,
    clientId: config.clientId,
    tls: config.tls === undefined ? undefined : tlsOf(config.tls),
    sasl: config.sasl === undefined ? undefined : saslOf(config.sasl),
    connectTimeoutMs: Math.min(CONNECT_MS_MAX, config.timeoutMs),
    // Two tries fit into the time a record may wait.
    requestTimeoutMs: Math.ceil(config.timeoutMs / 2),
  };
}

const MECHANISMS = {
  PLAIN: 'plain',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-512': 'scram-sha-512',
} as const satisfies Record<SaslMechanism, string>;

function saslOf({ mechanism, username, password }: KafkaSasl): NonNullable<KafkaSettings['sasl']> {
  return { mechanism: MECHANISMS[mechanism], username, password };
}

function tlsOf({ caFile, certFile, keyFile, serverName, skipVerify }: KafkaTls): ConnectionOptions {
  return {
    rejectUnauthorized: !skipVerify,
    ...(caFile === undefined ? {} : { ca: fileOf(caFile) }),
    ...(certFile === undefined ? {} : { cert: fileOf(certFile) }),
    ...(keyFile === undefined ? {} : { key: fileOf(keyFile) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function fileOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CodedError(
      'PLIM_CONFIG_INVALID',
      `the file ${path} of Kafka’s tls cannot be read (${errorText(error)})`,
    );
  }
}
