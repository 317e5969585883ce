/** What a request failed of, as its sender is told: problem details (RFC 9457). */

export interface ProblemOptions {
  /** What is wrong with this request, and what would be right. */
  readonly detail: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterS?: number;
  /** One entry for each field that is wrong. */
  readonly errors?: readonly FieldError[];
  readonly cause?: unknown;
}

export interface FieldError {
  readonly field: string;
  readonly detail: string;
}

/** Thrown by a handler; the last handler of the app answers with it. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly retryAfterS: number | undefined;
  readonly errors: readonly FieldError[];

  constructor(status: number, title: string, options: ProblemOptions) {
    super(options.detail, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'Problem';
    this.status = status;
    this.title = title;
    this.retryAfterS = options.retryAfterS;
    this.errors = options.errors ?? [];
  }

  /** The body of the answer. */
  toJSON(): Readonly<Record<string, unknown>> {
    return {
      type: 'about:blank',
      title: this.title,
      status: this.status,
      detail: this.message,
      ...(this.errors.length === 0 ? {} : { errors: this.errors }),
    };
  }
}
