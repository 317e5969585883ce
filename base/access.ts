/**
 * Why a server that is there cannot be used: it does not take who we are, or no
 * TLS connection to it comes about. Neither is about the data, so nothing is
 * dropped for it; each error names the key of the configuration to mend. Pure.
 */
import { CodedError, errorText, type ErrorCode } from '#base/errors.ts';

export type AccessCode = Extract<ErrorCode, 'PLIM_CREDENTIALS_REFUSED' | 'PLIM_TLS_FAILED'>;

/** An {@link AccessCode}, known from any other error by its class. */
export class AccessError extends CodedError {
  declare readonly code: AccessCode;

  constructor(code: AccessCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }

  /** For places that show an error as one line of text. */
  get line(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** The text of any error as one line, with the code where it is an {@link AccessError}. */
export function reasonText(error: unknown): string {
  return error instanceof AccessError ? error.line : errorText(error);
}

/** An error inside an error inside an error: deeper than this nobody wraps. */
const CAUSES_MAX = 4;

interface Remedy {
  readonly sign: RegExp;
  /** What is wrong and which key to mend. */
  readonly text: string;
}

/** Codes of Node and OpenSSL; their words too, for clients that pass on nothing else. */
const REMEDIES: readonly Remedy[] = [
  {
    sign: /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames/,
    text: 'its certificate is for another name; mend the address, or name the one it bears in server_name_override under tls (server_name under tls_config)',
  },
  {
    sign: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate has expired|certificate is not yet valid/,
    text: 'its certificate has run out or does not hold yet; have the server renew it, or mend the clock',
  },
  {
    sign: /ALERT_(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|ACCESS_DENIED|DECRYPT_ERROR|HANDSHAKE_FAILURE)|alert (?:certificate required|bad certificate|unknown ca|certificate unknown|certificate expired|access denied|decrypt error|handshake failure)/,
    text: 'it does not take our certificate; mend cert_file and key_file under tls',
  },
  {
    sign: /UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|SELF_SIGNED_CERT|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA|self[- ]signed certificate|unable to (?:verify the first certificate|get (?:local )?issuer certificate)|certificate signature failure/,
    text: 'its certificate is of an authority that is not trusted; mend ca_file under tls',
  },
  {
    sign: /ERR_SSL_WRONG_VERSION_NUMBER|wrong version number|ERR_SSL_PACKET_LENGTH_TOO_LONG|packet length too long|ERR_SSL_HTTP_REQUEST/,
    text: 'it does not speak TLS; mend the address, which begins with http:// then',
  },
  { sign: /EPROTO|ERR_SSL_|ERR_TLS_|SSL routines/, text: 'mend the section tls' },
];

/** @param who the server, without secrets; undefined when TLS has nothing to do with it */
export function tlsFailure(error: unknown, who: string): AccessError | undefined {
  const said = signsOf(error);
  const remedy = REMEDIES.find(({ sign }) => sign.test(said));
  if (remedy === undefined) return undefined;
  const message = `no TLS connection to ${who} (${wordsOf(error)}): ${remedy.text}`;
  return new AccessError('PLIM_TLS_FAILED', message, { cause: error });
}

function signsOf(error: unknown): string {
  const signs: string[] = [];
  let one = error;
  for (let depth = 0; depth < CAUSES_MAX && one instanceof Error; depth += 1) {
    if ('code' in one) signs.push(String(one.code));
    signs.push(one.message);
    one = one.cause;
  }
  return signs.join(' ');
}

const WORDS_CHARS_MAX = 200;

/** OpenSSL's own text begins with a thread and ends with a line of its source. */
function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = /SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
  return reason.replace(/\s+/g, ' ').trim().slice(0, WORDS_CHARS_MAX);
}

/** Who we are is refused: no or wrong credentials, no right, a proxy that wants some. */
const REFUSING: ReadonlySet<number> = new Set([401, 403, 407]);
/** Words of Go's server, which answers plain HTTP on its TLS port. */
const WANTS_TLS = /HTTP request to an HTTPS server/i;

export interface RefusingAnswer {
  /** The server, without secrets. */
  readonly who: string;
  readonly status: number;
  readonly text: string;
  /** Keys that say who we are: `headers`. */
  readonly keys: string;
}

/** Undefined when the answer has nothing to do with who we are or with TLS. */
export function accessRefusal({ who, status, text, keys }: RefusingAnswer): AccessError | undefined {
  if (status === 400 && WANTS_TLS.test(text)) {
    const message = `${who} speaks TLS only: mend the address, which begins with https:// then`;
    return new AccessError('PLIM_TLS_FAILED', message);
  }
  if (!REFUSING.has(status)) return undefined;
  const said = text === '' ? '' : `: ${text}`;
  return new AccessError('PLIM_CREDENTIALS_REFUSED', `${who} answered ${status}${said}; mend ${keys}`);
}
