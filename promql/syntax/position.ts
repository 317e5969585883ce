/** Places in the text of an expression, and the errors that name them. */
import { CodedError } from '#base/errors.ts';

/** `line:column`, both from 1, of an offset in UTF-16 code units. */
export function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${offset - lineStart + 1}`;
}

/** The expression is not PromQL: `1:5: parse error: …`. */
export function parseError(text: string, offset: number, message: string): CodedError {
  return new CodedError('PLIM_PROMQL', `${lineAndColumn(text, offset)}: parse error: ${message}`);
}

/** The expression is PromQL, but this engine cannot evaluate it yet. */
export function unsupported(text: string, offset: number, what: string): CodedError {
  const place = lineAndColumn(text, offset);
  return new CodedError('PLIM_PROMQL_UNSUPPORTED', `${what} is not supported yet (${place})`);
}

/** The expression is fine, its evaluation over these series is not. */
export function executionError(message: string, options?: ErrorOptions): CodedError {
  return new CodedError('PLIM_PROMQL_EXECUTION', message, options);
}
