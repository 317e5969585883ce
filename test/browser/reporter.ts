/** Tells the runner what playwright's runner does, as {@link RunEvent} lines on descriptor 4. */
import { writeSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestError, TestResult } from 'playwright/types/testReporter';
import { watchLeash } from '#bin/leash.ts';
import type { RunEvent } from '#test/runner/events.ts';

const LEASH_FD = 3;
const EVENTS_FD = 4;
const DETAIL_CHARS_MAX = 12_000;

export default class RunnerReporter implements Reporter {
  onBegin(): void {
    // The runner is gone: take the whole process group along.
    watchLeash(LEASH_FD, () => process.kill(-process.pid, 'SIGKILL'));
  }

  printsToStdio(): boolean {
    return false;
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    const file = relative(process.cwd(), test.location.file);
    const title = test.titlePath().slice(3).join(' › ');
    for (const { type, description } of test.annotations) {
      if (type === 'figure') send({ kind: 'figure', file, text: `${title}: ${description ?? ''}` });
    }
    if (result.status === 'passed') send({ kind: 'passed', file });
    else if (result.status === 'skipped') send(skipped(test, file, title));
    else send({ kind: 'failed', file, title, detail: detailOf(result) });
  }

  onStdOut(chunk: string | Buffer, test?: TestCase): void {
    send({ kind: 'output', file: fileOf(test), text: chunk.toString() });
  }

  onStdErr(chunk: string | Buffer, test?: TestCase): void {
    send({ kind: 'output', file: fileOf(test), text: chunk.toString() });
  }

  /** Outside any test: the world did not start, or a file cannot be loaded. */
  onError(error: TestError): void {
    send({ kind: 'failed', file: '', title: 'browser', detail: plain(error) });
  }
}

function skipped(test: TestCase, file: string, title: string): RunEvent {
  const reason = test.annotations.find(({ type }) => type === 'skip')?.description;
  return reason === undefined
    ? { kind: 'failed', file, title, detail: 'skipped without a reason' }
    : { kind: 'skipped', file, title, reason };
}

function detailOf({ status, errors }: TestResult): string {
  return [status, ...errors.map(plain)].join('\n').slice(0, DETAIL_CHARS_MAX);
}

function plain(error: TestError): string {
  return stripVTControlCharacters(error.stack ?? error.message ?? String(error.value));
}

function fileOf(test: TestCase | undefined): string {
  return test === undefined ? '' : relative(process.cwd(), test.location.file);
}

function send(event: RunEvent): void {
  writeSync(EVENTS_FD, `${JSON.stringify(event)}\n`);
}
