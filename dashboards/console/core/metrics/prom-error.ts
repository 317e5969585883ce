/** Where in the query an error of the API is: its text starts with line and column. */

export interface QueryProblem {
  readonly message: string;
  /** Offset of the first character that is wrong; undefined when the whole query is meant. */
  readonly offset: number | undefined;
}

const PLACED = /^(?:invalid parameter "query": )?(\d{1,6}):(\d{1,6}): (?:parse error: )?([\s\S]*)$/;

/** @param message as the API tells it, `invalid parameter "query": 1:4: parse error: …` for example */
export function problemOf(message: string, query: string): QueryProblem {
  const match = PLACED.exec(message);
  if (match === null) return { message, offset: undefined };
  const [, line = '1', column = '1', text = ''] = match;
  return { message: text, offset: offsetOf(query, Number(line), Number(column)) };
}

/** Line and column count from 1; what lies beyond the end is the end. */
function offsetOf(query: string, line: number, column: number): number {
  const before = query.split('\n').slice(0, line - 1);
  const start = before.reduce((sum, text) => sum + text.length + 1, 0);
  return Math.min(query.length, start + Math.max(0, column - 1));
}
