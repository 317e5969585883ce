/** TLS of outgoing connections, in the keys of the OpenTelemetry Collector's configtls. */
import {
  boolean,
  mapped,
  notSupportedYet,
  object,
  optional,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';

export interface TlsConfig {
  /** PEM file of the authorities to trust in place of the system's. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** The name the certificate is for, when it is not the one in the address. */
  readonly serverName: string | undefined;
  /** True: any certificate passes. */
  readonly skipsVerify: boolean;
}

const written = object({
  insecure: optional(boolean(), 'Accepted and without effect: the scheme of the address decides.'),
  insecure_skip_verify: withDefault(boolean(), false, 'Take any certificate. For tests alone.'),
  ca_file: optional(text(), "PEM file of the authorities to trust in place of the system's."),
  cert_file: optional(text(), 'PEM file of our own certificate.'),
  key_file: optional(text(), 'PEM file of its key.'),
  server_name_override: optional(text(), 'The name the certificate must bear.'),
});

/** Schema of a key `tls`. */
export const TLS_SCHEMA: Schema<TlsConfig> = mapped(written, (value, complainHere) =>
  tlsConfig({ ...value, server_name: value.server_name_override }, complainHere),
);

const promWritten = object({
  ca_file: optional(text(), "PEM file of the authorities to trust in place of the system's."),
  cert_file: optional(text(), 'PEM file of our own certificate.'),
  key_file: optional(text(), 'PEM file of its key.'),
  server_name: optional(text(), 'The name the certificate must bear.'),
  insecure_skip_verify: withDefault(boolean(), false, 'Take any certificate. For tests alone.'),
  ca: notSupportedYet('name the file that holds it under ca_file'),
  cert: notSupportedYet('name the file that holds it under cert_file'),
  key: notSupportedYet('name the file that holds it under key_file'),
  min_version: notSupportedYet('remove it; 1.2 and 1.3 are spoken'),
  max_version: notSupportedYet('remove it; 1.2 and 1.3 are spoken'),
});

/** Schema of a key `tls_config`, in the words of Prometheus. */
export const PROMETHEUS_TLS_SCHEMA: Schema<TlsConfig> = mapped(promWritten, tlsConfig);

interface WrittenTls {
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
  readonly server_name?: string | undefined;
  readonly insecure_skip_verify: boolean;
}

function tlsConfig(value: WrittenTls, complainHere: (message: string) => undefined): TlsConfig | undefined {
  const { cert_file: certFile, key_file: keyFile } = value;
  if ((certFile === undefined) !== (keyFile === undefined))
    return complainHere('cert_file and key_file belong together');
  return {
    caFile: value.ca_file,
    certFile,
    keyFile,
    serverName: value.server_name,
    skipsVerify: value.insecure_skip_verify,
  };
}
