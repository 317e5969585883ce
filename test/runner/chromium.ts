/** Where a Chromium is: named, on the PATH, or downloaded by playwright. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright';

export const NO_CHROMIUM =
  'no Chromium: install one (Debian: apt install chromium), name it in CHROMIUM_PATH, or run npx playwright install chromium';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Its path; undefined where there is none. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH: named, PATH = '' } = process.env;
  if (named !== undefined && named !== '') return named;
  const onPath = PATH.split(path.delimiter).flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return [...onPath, chromium.executablePath()].find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
