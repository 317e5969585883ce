/** Why a call failed, in a few words, from what its client span says of it. */

/** What the client span holds; undefined where it holds nothing. */
export interface ClientFailure {
  readonly status: string | undefined;
  readonly errorType: string | undefined;
  readonly message: string;
}

const WORDS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/circuit/i, 'circuit open'],
  [/ECONNREFUSED|connection refused/i, 'connection refused'],
  [
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|socket hang up|other side closed|terminated|connection reset/i,
    'connection reset',
  ],
  [/ENOTFOUND|EAI_AGAIN/i, 'name not found'],
  [/EHOSTUNREACH|ENETUNREACH/i, 'network unreachable'],
  [/time.?out|timed.?out|ETIMEDOUT|deadline|abort/i, 'timeout'],
];
/** Other kinds are shown as they are; a longer one is a sentence, not a kind. */
const KIND_CHARS_MAX = 40;

/** An answer of the 400s is for the caller to mind, not a failure; too many requests is one. */
export function isRefusalOfCaller(status: string | undefined): boolean {
  return status !== undefined && /^4\d\d$/.test(status) && status !== '429' && status !== '408';
}

export function failureWords({ status, errorType = '', message }: ClientFailure): string {
  if (status !== undefined && /^[45]\d\d$/.test(status)) return `HTTP ${status}`;
  const told = `${errorType} ${message}`;
  const known = WORDS.find(([pattern]) => pattern.test(told));
  if (known !== undefined) return known[1];
  return errorType !== '' && errorType.length <= KIND_CHARS_MAX ? errorType : 'error';
}
