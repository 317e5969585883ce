/** From the configuration to what kafkajs is told. */
import type { ConnectionOptions } from 'node:tls';
import type { TlsConfig } from '#base/config/tls.ts';
import { CodedError, errorText } from '#base/errors.ts';
import type { NetTls } from '#base/net.ts';
import { readTls } from '#base/real/tls-files.ts';
import type { KafkaConnection, KafkaSasl, SaslMechanism } from '#journal/kafka/config.ts';
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

/** @throws CodedError `PLIM_CONFIG_INVALID` */
function tlsOf(config: TlsConfig): ConnectionOptions {
  const { ca, cert, key, serverName, skipsVerify = false } = filesOf(config) ?? {};
  return {
    rejectUnauthorized: !skipsVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function filesOf(config: TlsConfig): NetTls | undefined {
  try {
    return readTls(config);
  } catch (error) {
    throw new CodedError('PLIM_CONFIG_INVALID', `tls of Kafka: ${errorText(error)}`, { cause: error });
  }
}
