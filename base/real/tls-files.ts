/** PEM files of an outgoing connection, read when it starts. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { TlsConfig } from '#base/config/tls.ts';
import { CodedError, errorText } from '#base/errors.ts';
import type { NetTls } from '#base/net.ts';

/** Undefined when the system's way to trust is enough. @throws CodedError `PLIM_CONFIG_INVALID` */
export function readTls(config: TlsConfig): NetTls | undefined {
  const { caFile, certFile, keyFile, serverName, skipsVerify } = config;
  const given = [caFile, certFile, keyFile, serverName].some((value) => value !== undefined);
  if (!given && !skipsVerify) return undefined;
  return checked(config, {
    ...(caFile === undefined ? {} : { ca: pem('ca_file', caFile) }),
    ...(certFile === undefined ? {} : { cert: pem('cert_file', certFile) }),
    ...(keyFile === undefined ? {} : { key: pem('key_file', keyFile) }),
    ...(serverName === undefined ? {} : { serverName }),
    skipsVerify,
  });
}

/** Found out here, not at every connection. */
function checked({ caFile, certFile = 'none', keyFile = 'none' }: TlsConfig, tls: NetTls): NetTls {
  const { ca, cert, key } = tls;
  if (ca !== undefined && !ca.includes(CERTIFICATE_BEGINS))
    throw new CodedError('PLIM_CONFIG_INVALID', `ca_file holds no certificate in PEM: ${caFile}`);
  try {
    createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch (error) {
    const which = `cert_file ${certFile} and key_file ${keyFile}`;
    const message = `${which} cannot be used together: ${errorText(error)}`;
    throw new CodedError('PLIM_CONFIG_INVALID', message, { cause: error });
  }
  return tls;
}

const CERTIFICATE_BEGINS = '-----BEGIN CERTIFICATE-----';

function pem(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CodedError('PLIM_CONFIG_INVALID', `${key} cannot be read: ${errorText(error)}`, {
      cause: error,
    });
  }
}
