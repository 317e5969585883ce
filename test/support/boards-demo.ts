/** A demo in which every panel has something to show, and the asking until all of them show it. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startDemo, type Demo } from '#bin/demo/demo.ts';
import { DEMO_SLOS } from '#bin/demo/layout.ts';
import type { Engines } from '#bin/demo/engines.ts';
import type { BoardView } from '#dashboards/grafana/lint/view.ts';
import { askBoard, type Answer, type Bases, type Question } from '#test/support/grafana-panels.ts';
import { until } from '#test/support/wait.ts';

/** An hour is a minute, so that a page comes in seconds; scrapes are a second apart. */
const DIVISOR = 60;
const START_MS_MAX = 60_000;
/** A page has to come and be delivered, a truck to arrive, and a scrape to tell of both. */
const DATA_MS_MAX = 90_000;
/** Longer than the asking. */
const FAULT_MS = 240_000;
/** Shipments has callers and callees, and an SLO that burns when dispatch fails. */
export const BOARD_VARIABLES = { slo: 'shipments/availability', service: 'shipments' };

export interface BoardsDemo extends AsyncDisposable {
  readonly demo: Demo;
  readonly startedMs: number;
}

/** Every other request to dispatch fails from the start on. */
export async function startBoardsDemo(engines: Engines = {}): Promise<BoardsDemo> {
  const startedMs = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-boards-'));
  const sink = await startSink();
  const demo = await startDemo(
    {
      dataDirectory: folder,
      originPort: 0,
      otlpHttpPort: 0,
      requestsPerSecond: 20,
      dailyCurve: false,
      seed: 7,
      sloDirectory: DEMO_SLOS,
      evaluation: { windowDivisor: DIVISOR, burnFactorMultiplier: 1 },
      pagerListens: true,
      libfaketime: undefined,
      engines: { ...engines, exporters: { ...engines.exporters, ...exportersTo(sink.url) } },
      events: { onProgress() {}, onPage() {}, onDeath() {}, onLost() {} },
    },
    AbortSignal.timeout(START_MS_MAX),
  );
  const running = {
    demo,
    startedMs,
    async [Symbol.asyncDispose]() {
      await demo[Symbol.asyncDispose]();
      sink.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await breakDispatch(demo);
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  return running;
}

/** A destination for every signal, so that the panels of exporters have something to show with any engines. */
function exportersTo(url: string): object {
  return {
    'otlphttp/sink': { endpoint: url },
    'prometheusremotewrite/sink': { endpoint: `${url}/api/v1/write` },
  };
}

/** Takes what it is sent and keeps nothing. */
async function startSink(): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => void response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A daemon that the machine has kept waiting for seconds has ended its faults. */
async function keepDispatchBroken(demo: Demo): Promise<void> {
  const { active } = (await (await fetch(`${demo.chaos}/faults`)).json()) as {
    readonly active: readonly unknown[];
  };
  if (active.length === 0) await breakDispatch(demo);
}

async function breakDispatch(demo: Demo): Promise<void> {
  const response = await fetch(`${demo.chaos}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      fault: 'http-error',
      target: 'dispatch',
      forMs: FAULT_MS,
      parameters: { share: 0.5 },
    }),
  });
  if (response.status !== 201) throw new Error(await response.text());
}

export function questionNow({ startedMs }: BoardsDemo, bases: Bases): Question {
  return { bases, variables: BOARD_VARIABLES, fromMs: startedMs, toMs: Date.now() };
}

export interface AskOptions {
  readonly running: BoardsDemo;
  readonly bases: Bases;
  /** By `where`: what to ask at all. */
  readonly isWanted?: (where: string) => boolean;
}

/**
 * Asks until everything has answered with data, and prints the list.
 *
 * @throws Error with what stayed empty
 */
export async function askUntilFull(
  t: TestContext,
  boards: readonly BoardView[],
  { running, bases, isWanted = () => true }: AskOptions,
): Promise<readonly Answer[]> {
  const answered = new Map<string, Answer>();
  const empty = (): readonly Answer[] => [...answered.values()].filter(({ count }) => count === 0);
  const startedMs = performance.now();
  await until(
    'every panel to have data',
    async () => {
      await keepDispatchBroken(running.demo);
      // What had data once is not asked again.
      const isOpen = (where: string): boolean => isWanted(where) && (answered.get(where)?.count ?? 0) === 0;
      for (const board of boards)
        for (const answer of await askBoard(board, questionNow(running, bases), isOpen))
          answered.set(answer.where, answer);
      return empty().length === 0;
    },
    { timeoutMs: DATA_MS_MAX, everyMs: 1000, detail: () => empty().map(textOf).join('\n') },
  );
  for (const answer of answered.values()) t.diagnostic(textOf(answer));
  t.diagnostic(`${answered.size} answers, ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
  return [...answered.values()];
}

function textOf({ where, source, count, error }: Answer): string {
  return `${source.padEnd(14)} ${String(count).padStart(6)}  ${where}${error === undefined ? '' : `: ${error}`}`;
}
