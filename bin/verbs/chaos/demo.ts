/** The demo a chaos command acts on, found by its data folder. */
import { readFileSync } from 'node:fs';
import { CodedError, errorText } from '#base/errors.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemNet } from '#base/real/net.ts';
import type { ParsedArguments } from '#bin/arguments.ts';
import { DemoFolders } from '#bin/demo/layout.ts';
import { START_DATA } from '#bin/verbs/start.ts';
import { ChaosClient } from '#chaos/client.ts';
import { parseDemoFile, type DemoFile } from '#chaos/core/targets.ts';
import { systemProcesses } from '#chaos/world/processes.ts';

export interface FoundDemo {
  readonly demo: DemoFile;
  readonly client: ChaosClient;
}

/** @throws CodedError `PLIM_DEMO_FILE` when none runs there */
export function findDemo({ flags }: ParsedArguments): FoundDemo {
  const file = new DemoFolders(flags['data'] ?? START_DATA).demoFile;
  const demo = parseDemoFile(file, readText(file));
  if (demo.supervisor === undefined || !systemProcesses.isThere(demo.supervisor))
    throw new CodedError('PLIM_DEMO_FILE', `the demo of ${file} has ended; start it with npm start`);
  return { demo, client: new ChaosClient(demo.chaos, systemNet, systemClock) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isMissing ? `no demo runs there: ${file} does not exist` : errorText(error);
    throw new CodedError(
      'PLIM_DEMO_FILE',
      `${why}; start one with npm start, or name its folder with --data`,
    );
  }
}
