/** Runs one world of a proof: a demo of its own, its faults one after another, and writes down what happened. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadSloFolder } from '#alerting/slo/load.ts';
import { sleep } from '#base/clock.ts';
import { CodedError } from '#base/errors.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemNet } from '#base/real/net.ts';
import { startDemo, type Demo, type DemoOptions } from '#bin/demo/demo.ts';
import type { ReceivedPage } from '#bin/demo/pager.ts';
import { mutatedPages, mutatedSlos, type Mutation } from '#bin/prove/mutation.ts';
import type { Phase, WorldPlan } from '#bin/prove/plan.ts';
import { ChaosClient } from '#chaos/client.ts';
import {
  RUN_VERSION,
  type GeneratorHealth,
  type RecordedPage,
  type RecordedPhase,
  type RecordedRun,
  type RecordedSlo,
} from '#chaos/prove/core/recorded-run.ts';
import { packUsers, parseUserLog } from '#chaos/prove/core/users.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { SERVICES } from '#sample-services/topology.ts';

export interface WorldOptions {
  readonly plan: WorldPlan;
  readonly scratch: string;
  readonly sloDirectory: string;
  readonly requestsPerSecond: number;
  readonly seed: number;
  readonly mutation: Mutation | undefined;
  readonly say: (text: string) => void;
  readonly engines: Pick<DemoOptions, 'engines' | 'pagesPort'>;
}

/** Blindness is not compressed below this (docs/reference/configuration.md, `window_divisor`). */
const BLIND_MS = 5000;
/** What the last notification of a world may take to arrive. */
const LAST_WORDS_MS = 1000;
/** How long a page is looked at before its fault is taken back. */
const AFTER_PAGE_MS = 2000;
const POLL_MS = 50;
const MUTATED_FACTOR = 10;

/** @throws CodedError when the world does not start or is lost */
export async function runWorld(options: WorldOptions, signal: AbortSignal): Promise<RecordedRun> {
  const { plan, scratch, sloDirectory, mutation, requestsPerSecond, seed, say } = options;
  const pages: ReceivedPage[] = [];
  const lost = new AbortController();
  const alive = AbortSignal.any([signal, lost.signal]);
  const dataDirectory = path.join(scratch, plan.name.replaceAll(' ', '-'));
  await using demo = await startDemo(
    {
      dataDirectory,
      originPort: 0,
      otlpHttpPort: 0,
      requestsPerSecond,
      dailyCurve: false,
      seed,
      sloDirectory: mutatedSlos(mutation, sloDirectory, scratch),
      evaluation: {
        windowDivisor: plan.divisor,
        burnFactorMultiplier: mutation === 'burn-factors-x10' ? MUTATED_FACTOR : 1,
      },
      pagerListens: mutation !== 'dead-receiver',
      libfaketime: undefined,
      ...options.engines,
      events: {
        onProgress: () => {},
        onPage: (page) => void pages.push(page),
        onDeath: () => {},
        onLost: (error) => lost.abort(error),
      },
    },
    signal,
  );
  await sleep(systemClock, plan.warmUpMs, alive);
  const phases: RecordedPhase[] = [];
  for (const phase of plan.phases) {
    say(`  ${phase.title} …`);
    phases.push(await runPhase(phase, demo, pages, alive));
    say(` ${pagedText(phases.at(-1), pages)}\n`);
  }
  await sleep(systemClock, LAST_WORDS_MS, alive);
  const documents = mutation === 'empty-slos' ? [] : (await loadSloFolder(sloDirectory)).documents;
  return {
    version: RUN_VERSION,
    kind: plan.name,
    divisor: plan.divisor,
    seed,
    slos: documents.map((document) => recordedSlo(document, plan.divisor)),
    graph: Object.fromEntries(SERVICES.map(({ name, calls }) => [name, calls])),
    phases,
    pages: mutatedPages(
      mutation,
      pages.flatMap(recordedPages),
      SERVICES.map(({ name }) => name),
    ),
    generator: await generatorHealth(demo),
    users: packUsers(parseUserLog(readUsers(demo.folders.truth)).requests),
  };
}

async function runPhase(
  phase: Phase,
  demo: Demo,
  pages: readonly ReceivedPage[],
  signal: AbortSignal,
): Promise<RecordedPhase> {
  const chaos = new ChaosClient(demo.chaos, systemNet, systemClock);
  const before = pages.length;
  const startedMs = systemClock.wallMs();
  const { fault, target, parameters } = phase;
  const held =
    fault === undefined || target === undefined
      ? undefined
      : await chaos.hold({ fault, target, parameters, sham: phase.kind === 'sham' });
  await untilOver(phase, startedMs, () => pages.slice(before).some(isPage), signal);
  await held?.release();
  const endedMs = systemClock.wallMs();
  if (phase.settleMs > 0) await sleep(systemClock, phase.settleMs, signal);
  return {
    id: phase.id,
    kind: phase.kind,
    title: phase.title,
    fault: fault ?? null,
    target: target ?? null,
    startedMs,
    endedMs,
    expect: phase.kind === 'fault' ? 'page' : 'none',
    // Nobody of ours calls the gateway: only its own silence tells.
    blindAfterMs: fault === 'kill' && target === 'gateway' ? BLIND_MS : null,
  };
}

/** A fault ends soon after its page, everything else at its time. */
async function untilOver(
  phase: Phase,
  startedMs: number,
  hasPaged: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  while (systemClock.wallMs() < startedMs + phase.durationMsMax) {
    await sleep(systemClock, POLL_MS, signal);
    if (phase.kind !== 'fault' || !hasPaged()) continue;
    await sleep(systemClock, AFTER_PAGE_MS, signal);
    break;
  }
  const restMs = startedMs + phase.durationMsMin - systemClock.wallMs();
  if (restMs > 0) await sleep(systemClock, restMs, signal);
}

function isPage({ alerts }: ReceivedPage): boolean {
  return alerts.some(({ status, labels }) => status === 'firing' && labels['severity'] === 'page');
}

function pagedText(phase: RecordedPhase | undefined, pages: readonly ReceivedPage[]): string {
  const page = pages.find(
    (candidate) => candidate.receivedMs >= (phase?.startedMs ?? 0) && isPage(candidate),
  );
  if (phase === undefined || page === undefined) return 'no page';
  const alert = page.alerts.find(({ status }) => status === 'firing');
  const seconds = ((page.receivedMs - phase.startedMs) / 1000).toFixed(1);
  const suspect = alert?.annotations['suspect'];
  return `page of ${alert?.labels['slo_id'] ?? ''} after ${seconds} s${suspect === undefined ? '' : `, suspect ${suspect}`}`;
}

function recordedPages({ receivedMs, alerts }: ReceivedPage): readonly RecordedPage[] {
  return alerts.map(({ status, labels, annotations, startsAt, fingerprint }) => ({
    receivedMs,
    status,
    labels,
    annotations,
    startsAt,
    fingerprint,
  }));
}

/** As written in the file: what the engine made of it is what is on trial. */
function recordedSlo(document: SloDocument, divisor: number): RecordedSlo {
  const { id, service, objective, indicator, badEventsMin, policies } = document;
  return {
    id,
    service,
    objective,
    thresholdMs: indicator.kind === 'latency' ? indicator.thresholdMs : null,
    badEventsMin,
    policies: policies.map(({ severity, longWindowMs, shortWindowMs, factor }) => ({
      severity,
      longWindowMs: longWindowMs / divisor,
      shortWindowMs: shortWindowMs / divisor,
      factor,
    })),
    steps: service === 'gateway' ? null : [],
  };
}

async function generatorHealth(demo: Demo): Promise<GeneratorHealth> {
  const response = await fetch(`${demo.load}/stats`);
  const stats = (await response.json()) as {
    readonly sinceStart: { readonly lagMs: { readonly p99: number | null } };
    readonly overLimit: number;
    readonly logLinesLost: number;
  };
  if (!response.ok) throw new CodedError('PLIM_DEMO_FAILED', `the load answers ${response.status}`);
  return {
    lagP99Ms: stats.sinceStart.lagMs.p99,
    overLimit: stats.overLimit,
    logLinesLost: stats.logLinesLost,
  };
}

function readUsers(file: string): string {
  return [`${file}.1`, file].map((name) => (existsSync(name) ? readFileSync(name, 'utf8') : '')).join('');
}
