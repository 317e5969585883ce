/**
 * Matchers as Alertmanager writes them in routes and API filters:
 *
 *   list    = [ "{" ] matcher { "," matcher } [ "," ] [ "}" ]
 *   matcher = name ( "=" | "!=" | "=~" | "!~" ) value
 *   name    = bare | quoted        value = bare | quoted | nothing
 */
import type { Matcher, MatchOperator } from '#signals/matchers.ts';

const PART =
  /\s*("(?:[^"\\]|\\.)*"|[^\s={}!~,"\\]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^\s{}!~,"\\=][^\s{},"\\]*|)\s*(,|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/** The matchers of `text`, or a sentence saying what is wrong with it. */
export function parseMatchers(text: string): readonly Matcher[] | string {
  const inner = withoutBraces(text.trim());
  if (inner === undefined) return `${JSON.stringify(text)} has a brace without its partner`;
  const matchers: Matcher[] = [];
  let at = 0;
  while (at < inner.length) {
    PART.lastIndex = at;
    const match = PART.exec(inner);
    if (match === null) {
      return `${JSON.stringify(text)} is no matcher from ${JSON.stringify(inner.slice(at))} on; expected NAME="VALUE" with = != =~ or !~`;
    }
    matchers.push({
      name: unquote(match[1] ?? ''),
      operator: match[2] as MatchOperator,
      value: unquote(match[3] ?? ''),
    });
    at = PART.lastIndex;
  }
  return matchers;
}

/** The form {@link parseMatchers} reads back. */
export function formatMatcher({ name, operator, value }: Matcher): string {
  const shown = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name);
  return `${shown}${operator}${quote(value)}`;
}

export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, -1).replaceAll(/\\(.)/gs, (whole, escaped: string) => ESCAPES[escaped] ?? whole);
}

function withoutBraces(text: string): string | undefined {
  const opens = text.startsWith('{');
  if (opens !== text.endsWith('}')) return undefined;
  return (opens ? text.slice(1, -1) : text).trim();
}
