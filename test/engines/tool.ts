/** Programs that prepare an engine: found on the PATH, run to their end. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { spawnLeashed } from '#test/engines/leashed.ts';

/** Servers stand where only root's PATH leads. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin'];
/** The end of what it wrote tells why it failed. */
const OUTPUT_CHARS_MAX = 4000;
/** Answers are kept whole up to this; none of the programs asked here says as much. */
const ANSWER_CHARS_MAX = 4_000_000;

/** What is needed to prepare an engine is not here, or did not work: a reason, no bug of ours. */
export class CannotPrepare extends Error {}

/** The first of `names` that is a program on the PATH. */
export function findOnPath(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...MORE_FOLDERS];
  return folders.flatMap((folder) => names.map((name) => path.join(folder, name))).find(isProgram);
}

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export interface ToolOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** It is killed after this. */
  readonly timeoutMs: number;
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to its standard output
 * @throws CannotPrepare when it ends with anything but 0 or takes too long
 */
export async function runTool(command: readonly string[], options: ToolOptions): Promise<string> {
  const { cwd, environment = {}, timeoutMs } = options;
  const { child } = spawnLeashed({ command, cwd, environment, output: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream
      ?.setEncoding('utf8')
      .on('data', (text: string) => (output = (output + text).slice(-OUTPUT_CHARS_MAX)));
  }
  let answer = '';
  child.stdout?.on('data', (text: string) => (answer = (answer + text).slice(0, ANSWER_CHARS_MAX)));
  const timer = setTimeout(() => {
    output += `\nkilled after ${timeoutMs / 1000} s`;
    child.kill('SIGKILL');
  }, timeoutMs);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null)).once('close', resolve);
  });
  clearTimeout(timer);
  if (code !== 0)
    throw new CannotPrepare(`${command.slice(0, 2).join(' ')} ended with ${code}: ${output.trim()}`);
  return answer;
}
