/** The command line of the test runner. */
import { nearestName } from '#base/nearest.ts';
import { KINDS } from '#test/runner/kinds.ts';

export interface RunRequest {
  readonly kinds: readonly string[];
  /** Parts of file paths; all files when empty. */
  readonly paths: readonly string[];
  readonly seed: number | undefined;
}

const NAMES = ['check', ...KINDS.map((kind) => kind.name)];

export const USAGE = `usage: npm test -- [KIND…] [PATH…] [--seed=N]   KIND: ${NAMES.join(', ')}`;

/** The request, or a sentence that says what is wrong with it. */
export function parseRequest(args: readonly string[]): RunRequest | string {
  const kinds: string[] = [];
  const paths: string[] = [];
  let seed: number | undefined;
  for (const arg of args) {
    const value = /^--seed=(\d{1,10})$/.exec(arg)?.[1];
    if (value !== undefined) seed = Number(value);
    else if (arg.startsWith('--seed')) return `--seed takes a whole number, as in --seed=42; got ${arg}`;
    else if (arg.startsWith('-')) return `${arg} is not known`;
    else if (NAMES.includes(arg)) kinds.push(arg);
    else paths.push(arg);
  }
  const strange = paths.find((path) => !/[./]/.test(path));
  const meant = strange === undefined ? undefined : nearestName(strange, NAMES);
  if (meant !== undefined) return `${strange} is no kind of test; did you mean ${meant}?`;
  return { kinds, paths, seed };
}
