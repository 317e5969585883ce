/**
 * A problem in a file somebody wrote: where it is, what is wrong, what would be
 * right. Parsers return lists of these; they never stop at the first.
 */
export interface Problem {
  readonly file: string;
  /** 1-based; 0 when the whole file is meant. */
  readonly line: number;
  /** 1-based, in UTF-16 code units; 0 when the whole line is meant. */
  readonly column: number;
  /** Dotted path of the field, `''` for the document. */
  readonly path: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** `file:line:column: message (path)`, the form editors jump to. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== 0).join(':');
  const path = problem.path === '' ? '' : ` (${problem.path})`;
  return `${place}: ${problem.severity === 'warning' ? 'warning: ' : ''}${problem.message}${path}`;
}
