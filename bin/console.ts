/**
 * The console for the origin: its files when they have been built from the
 * present sources, else it has them built by a process of its own meanwhile.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import { ROOT } from '#bin/demo/layout.ts';
import { consoleDirectory } from '#dashboards/console/build.ts';
import { readConsole, type Console } from '#server/console.ts';

const BUILD = path.join(ROOT, 'dashboards', 'console', 'build.ts');
/** Of what a failed build wrote, for the log. */
const OUTPUT_CHARS_MAX = 2000;

/** Returns at once; what it returns says how far the console is. */
export function startConsole(log: Logger, signal: AbortSignal): () => Console {
  let present: Console = { state: 'building' };
  const start = async (): Promise<void> => {
    const directory = consoleDirectory();
    let files = readConsole(directory);
    if (files === undefined) {
      await build(directory, signal);
      files = readConsole(directory);
    }
    if (files === undefined) throw new Error('the build left no page');
    present = { state: 'ready', files };
  };
  start().catch((error: unknown) => {
    if (signal.aborted) return;
    present = { state: 'failed', reason: errorText(error) };
    log.error({ error: errorText(error) }, 'the console could not be built; the APIs are there');
  });
  return () => present;
}

/** Into `directory`, which is named here: the sources may change meanwhile. */
function build(directory: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BUILD, directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
    });
    let output = '';
    child.stderr.on(
      'data',
      (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-OUTPUT_CHARS_MAX)),
    );
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the build ended with ${String(code)}: ${output.trim()}`));
    });
  });
}
