/** How browser tests run: one world for all of them, two files at a time, in a real Chromium. */
import { join } from 'node:path';
import { defineConfig } from 'playwright/test';

/** Screenshots and traces of a run; the folder is made anew by each. */
const ARTEFACTS = join(import.meta.dirname, '../../.cache/browser');

const LONGEST = 'xss.browser.test.ts';

export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: ARTEFACTS,
  globalSetup: './global-setup.ts',
  reporter: './reporter.ts',
  // Much of the time a test waits for the page or for an alert to fire. What holds to limits of time runs alone.
  workers: process.env['PLIMSOLL_LONG'] === '1' ? 1 : 2,
  // What takes longest begins first, so that no worker waits for it in the end.
  projects: [
    { name: 'longest', testMatch: LONGEST },
    { name: 'others', testMatch: '*.browser.test.ts', testIgnore: LONGEST },
  ],
  // A second try would hide what fails now and then.
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    actionTimeout: 10_000,
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM_PATH'] ?? '',
      // Chromium refuses its sandbox to root, which is what a bare machine's CI runs as.
      chromiumSandbox: process.getuid?.() !== 0,
      args: ['--disable-gpu'],
    },
  },
});
