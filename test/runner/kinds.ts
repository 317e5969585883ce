/** The kinds of test: where their files are, how they run, what they may cost. */
import { globSync } from 'node:fs';

export interface Kind {
  readonly name: string;
  /**
   * - `shared`: all files in one process, for tests without side effects;
   * - `per-file`: a process a file;
   * - `browser`: playwright's runner, in a real Chromium.
   */
  readonly isolation: 'shared' | 'per-file' | 'browser';
  /** Files at the same time, only for `per-file`. */
  readonly concurrency: number;
  /** What it should take on two cores; going over is printed, not failed. */
  readonly budgetMs: number;
  /** After this it hangs: killed and failed. */
  readonly limitMs: number;
}

const LONG_BROWSER_MS = 1_800_000;
const BROWSER_MS = 600_000;

/** In the order they run: what fails soonest and costs least comes first. */
export const KINDS: readonly Kind[] = [
  { name: 'tidy', isolation: 'shared', concurrency: 1, budgetMs: 5000, limitMs: 60_000 },
  { name: 'unit', isolation: 'shared', concurrency: 1, budgetMs: 8000, limitMs: 60_000 },
  { name: 'contract', isolation: 'per-file', concurrency: 2, budgetMs: 30_000, limitMs: 300_000 },
  { name: 'sim', isolation: 'per-file', concurrency: 2, budgetMs: 40_000, limitMs: 600_000 },
  { name: 'process', isolation: 'per-file', concurrency: 2, budgetMs: 150_000, limitMs: 600_000 },
  {
    name: 'browser',
    isolation: 'browser',
    concurrency: 1,
    budgetMs: 120_000,
    limitMs: process.env['PLIMSOLL_LONG'] === '1' ? LONG_BROWSER_MS : BROWSER_MS,
  },
  { name: 'engines', isolation: 'per-file', concurrency: 2, budgetMs: 240_000, limitMs: 900_000 },
  { name: 'long', isolation: 'per-file', concurrency: 1, budgetMs: 900_000, limitMs: 3_600_000 },
];

/** Which of {@link KINDS} run when none is named. */
export const DEFAULT_KINDS = ['check', 'tidy', 'unit', 'contract', 'sim', 'process', 'browser'] as const;

const FOLDER_KINDS = ['contract', 'sim', 'process', 'browser', 'engines', 'long'];
/** Real engines that take long to start or to build: they run with the long tests. */
const LONG_ENGINES = '.engines-long.test.ts';

/** Files of a kind below `root`, relative and sorted, whose path holds one of `filters` (all when empty). */
export function filesOf(kind: Kind, root: string, filters: readonly string[]): string[] {
  return globSync('**/*.test.ts', { cwd: root, exclude: isForeign })
    .filter((path) => kindOf(path) === kind.name)
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort();
}

/** The kind of a test file by its name and place; anything unmarked is a unit test. */
export function kindOf(path: string): string {
  if (path.endsWith(LONG_ENGINES)) return 'long';
  const marked = FOLDER_KINDS.find((name) => path.endsWith(`.${name}.test.ts`));
  return marked ?? (path.startsWith('test/tidy/') ? 'tidy' : 'unit');
}

function isForeign(path: string): boolean {
  const name = path.split('/').at(-1) ?? path;
  return name === 'node_modules' || (name.startsWith('.') && name.length > 1);
}
