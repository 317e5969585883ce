/**
 * The error catalogue. Every operational error a person or a client can meet
 * has a code here and a section in `docs/reference/errors.md`; a test compares
 * the two. Bugs are {@link InvariantError}s and stand in no catalogue.
 */

export interface ErrorEntry {
  /** What went wrong, in a few words. */
  readonly title: string;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retry: 'later' | 'never';
}

export const ERRORS = {
  PLIM_CONFIG_INVALID: { title: 'the configuration has problems', retry: 'never' },
  PLIM_SLO_INVALID: { title: 'an SLO file has problems', retry: 'never' },
  PLIM_USAGE: { title: 'the command line is not understood', retry: 'never' },
  PLIM_PORT_IN_USE: { title: 'an address to listen on is taken', retry: 'never' },
  PLIM_LISTEN_REFUSED: { title: 'an address may not be listened on', retry: 'never' },
  PLIM_DATA_UNUSABLE: { title: 'the data folder cannot be used', retry: 'never' },
  PLIM_DATA_LOCKED: { title: 'another Plimsoll uses the data folder', retry: 'never' },
  PLIM_DISK_FULL: { title: 'the disk is full', retry: 'later' },
  PLIM_DEMO_FAILED: { title: 'the demo does not start or has lost its platform', retry: 'later' },
  PLIM_THREAD_LOST: { title: 'a thread died three times in a minute', retry: 'later' },
  PLIM_JOURNAL_FULL: { title: 'the journal is at its budget', retry: 'later' },
  PLIM_JOURNAL_FAILED: { title: 'the journal could not make a record durable', retry: 'later' },
  PLIM_JOURNAL_CLOSED: { title: 'the journal is closed', retry: 'later' },
  PLIM_OVERLOADED: { title: 'too much is in flight', retry: 'later' },
  PLIM_BODY_TOO_LARGE: { title: 'the body is over the limit', retry: 'never' },
  PLIM_BODY_TIMEOUT: { title: 'the body did not arrive in time', retry: 'later' },
  PLIM_BODY_MALFORMED: { title: 'the body cannot be decoded', retry: 'never' },
  PLIM_MEDIA_TYPE: { title: 'the media type or encoding is not supported', retry: 'never' },
  PLIM_METHOD: { title: 'the method is not allowed here', retry: 'never' },
  PLIM_NOT_FOUND: { title: 'there is nothing under this address', retry: 'never' },
  PLIM_HOST_REFUSED: { title: 'the Host header is not on the allow-list', retry: 'never' },
  PLIM_ORIGIN_REFUSED: { title: 'a state change from a foreign origin', retry: 'never' },
  PLIM_KEY_REQUIRED: { title: 'an API key is required', retry: 'never' },
  PLIM_PARAMETER: { title: 'a parameter is missing or malformed', retry: 'never' },
  PLIM_PROMQL: { title: 'the expression is not valid PromQL', retry: 'never' },
  PLIM_PROMQL_UNSUPPORTED: { title: 'this PromQL is not supported yet', retry: 'never' },
  PLIM_PROMQL_EXECUTION: { title: 'the expression cannot be evaluated over these series', retry: 'never' },
  PLIM_QUERY_LIMIT: { title: 'the query is over a limit', retry: 'never' },
  PLIM_QUERY_TIMEOUT: { title: 'the query ran out of time', retry: 'later' },
  PLIM_STORE_UNAVAILABLE: { title: 'a store does not answer', retry: 'later' },
  PLIM_CREDENTIALS_REFUSED: { title: 'a server does not take our credentials', retry: 'later' },
  PLIM_TLS_FAILED: { title: 'no TLS connection to a server comes about', retry: 'later' },
  PLIM_INTERNAL: { title: 'a bug of ours; the log has it', retry: 'later' },
  PLIM_DEMO_FILE: { title: 'no demo is running there, or its file cannot be read', retry: 'later' },
  PLIM_TARGET_REFUSED: { title: 'a fault may not act on that target', retry: 'later' },
  PLIM_FAULT_REFUSED: { title: 'no fault may begin now', retry: 'later' },
  PLIM_FAULT_UNAVAILABLE: { title: 'the machine cannot do this fault', retry: 'never' },
  PLIM_FAULT_FAILED: { title: 'a fault did not begin, or was not taken back', retry: 'later' },
  PLIM_CHAOS_UNREACHABLE: { title: 'the fault daemon does not answer', retry: 'later' },
  PLIM_COMPANION_UNREACHABLE: { title: 'a program beside the platform does not answer', retry: 'later' },
  PLIM_PROOF_UNREADABLE: { title: 'the report of a proof cannot be read', retry: 'never' },
  PLIM_EXPERIMENT_INVALID: { title: 'an experiment file has problems', retry: 'never' },
  PLIM_TIMELINE_FULL: { title: 'the timeline of an incident takes no more notes', retry: 'never' },
  PLIM_SILENCE_INVALID: { title: 'the silence has problems', retry: 'never' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An operational error: a code, a sentence, and whether trying again can help. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;

  /**
   * @param code entry of the catalogue
   * @param message one sentence: where, what is wrong, what would be right
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get canRetry(): boolean {
    return ERRORS[this.code].retry === 'later';
  }
}

/** Whether `error` is a {@link CodedError}, of the given code if one is given. */
export function isCoded(error: unknown, code?: ErrorCode): error is CodedError {
  return error instanceof CodedError && (code === undefined || error.code === code);
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
