/** TLS of outgoing connections, in the keys of the OpenTelemetry Collector's configtls. */
import { boolean, mapped, object, optional, text, withDefault, type Schema } from '#base/config/schema.ts';

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
export const TLS_SCHEMA: Schema<TlsConfig> = mapped(written, (value) => ({
  caFile: value.ca_file,
  certFile: value.cert_file,
  keyFile: value.key_file,
  serverName: value.server_name_override,
  skipsVerify: value.insecure_skip_verify,
}));
