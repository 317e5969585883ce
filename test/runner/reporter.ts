/**
 * A reporter for `node --test` that turns its events into {@link RunEvent} lines
 * on descriptor 4. Runs inside the test process; descriptor 3 is its leash.
 */
import { writeSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import { watchLeash } from '#bin/leash.ts';
import type { RunEvent } from '#test/runner/events.ts';

const LEASH_FD = 3;
const EVENTS_FD = 4;
/** One failure's text; a diff of two large values says nothing more after this. */
const DETAIL_CHARS_MAX = 12_000;
/**
 * Nothing running and the process still there at so many looks in a row: something
 * was left open. Looks, and not time: a machine that stalls takes none meanwhile.
 */
const QUIET_LOOKS = 3;
const LOOK_EVERY_MS = 250;

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<never> {
  // The runner is gone: take the whole process group along.
  watchLeash(LEASH_FD, () => process.kill(-process.pid, 'SIGKILL'));
  const shared = process.execArgv.includes('--test-isolation=none');
  const watch = shared ? new LeftoverWatch() : undefined;
  const titles: string[] = [];
  for await (const event of source) {
    watch?.note(event);
    if (event.type === 'test:start') titles[event.data.nesting] = event.data.name;
    const told = translate(event, titles);
    if (told !== undefined) send(told);
  }
  watch?.[Symbol.dispose]();
  yield* [];
}

function translate(event: TestEvent, titles: readonly string[]): RunEvent | undefined {
  if (event.type === 'test:pass') return passed(event.data, titles);
  if (event.type === 'test:fail') return failed(event.data, titles);
  if (event.type === 'test:stdout' || event.type === 'test:stderr') {
    return { kind: 'output', file: fileOf(event.data), text: event.data.message };
  }
  // Node's own closing figures belong to no file.
  if (event.type === 'test:diagnostic' && event.data.file !== undefined) {
    return { kind: 'figure', file: fileOf(event.data), text: event.data.message };
  }
  return undefined;
}

type Outcome = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data'];

function passed(data: Outcome, titles: readonly string[]): RunEvent | undefined {
  const file = fileOf(data);
  const title = titleOf(data, titles);
  const skip = data.skip ?? data.todo;
  if (skip !== undefined && skip !== false) {
    return typeof skip === 'string' && skip !== ''
      ? { kind: 'skipped', file, title, reason: skip }
      : { kind: 'failed', file, title, detail: 'skipped without a reason; write t.skip("why")' };
  }
  if (isWholeFile(data)) return { kind: 'failed', file, title: file, detail: 'the file holds no test' };
  return data.details.type === 'suite' ? undefined : { kind: 'passed', file };
}

function failed(data: Outcome, titles: readonly string[]): RunEvent | undefined {
  const error = 'error' in data.details ? data.details.error : undefined;
  // The subtest that failed has been told already.
  if (error !== undefined && 'failureType' in error && error.failureType === 'subtestsFailed')
    return undefined;
  const text = errorText(error?.cause ?? error);
  const detail = text.length > DETAIL_CHARS_MAX ? `${text.slice(0, DETAIL_CHARS_MAX)}\n… cut` : text;
  return { kind: 'failed', file: fileOf(data), title: titleOf(data, titles), detail };
}

/** Message, diff and the frames that are ours, then what caused it. */
function errorText(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return inspect(error, { depth: 6 });
  const lines = error.stack.split('\n').filter((line) => !/^ +at .*\bnode:/.test(line));
  const cause = error.cause === undefined ? [] : [`caused by ${errorText(error.cause)}`];
  return [...lines, ...cause].join('\n');
}

/** Node stands in for a file without tests, or one that cannot be loaded, with a test named after it. */
function isWholeFile(data: Outcome): boolean {
  return data.nesting === 0 && data.file !== undefined && resolve(data.name) === data.file;
}

function titleOf(data: Outcome, titles: readonly string[]): string {
  return [...titles.slice(0, data.nesting), data.name].join(' › ');
}

function fileOf(data: { readonly file?: string | undefined }): string {
  return data.file === undefined ? '' : relative(process.cwd(), resolve(data.file));
}

function send(event: RunEvent): void {
  writeSync(EVENTS_FD, `${JSON.stringify(event)}\n`);
}

/**
 * All files share this process, so it ends when the last handle closes. When no
 * test runs and it is still there, some test left a timer or a socket open.
 */
class LeftoverWatch implements Disposable {
  #running = 0;
  /** None counts before the first event: the files are still being loaded. */
  #quietLooks = -Infinity;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  note(event: TestEvent): void {
    if (event.type === 'test:enqueue') this.#running += 1;
    if (event.type === 'test:complete') this.#running -= 1;
    this.#quietLooks = 0;
  }

  #look(): void {
    if (this.#running > 0) return;
    this.#quietLooks += 1;
    if (this.#quietLooks < QUIET_LOOKS) return;
    send({ kind: 'leftover', resources: process.getActiveResourcesInfo() });
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
