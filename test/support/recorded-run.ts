/**
 * A recorded run made from words: users at a steady rate, faults that spoil a
 * share of their requests, pages where a healthy system would send them.
 */
import type {
  RecordedPage,
  RecordedPhase,
  RecordedRun,
  RecordedSlo,
} from '#chaos/prove/core/recorded-run.ts';
import { firstOnset, truthOf, type Truth } from '#chaos/prove/core/truth.ts';
import { packUsers, type UserRequest } from '#chaos/prove/core/users.ts';

export const RUN_START_MS = 1_700_000_000_000;
const REQUESTS_PER_SECOND = 20;
const SETTLE_S = 35;

export interface FaultSpec {
  readonly id: string;
  readonly target: string;
  /** Share of requests that fail. */
  readonly failed: number;
  /** Share of requests that take two seconds. */
  readonly slow?: number;
}

export interface RunSpec {
  readonly faults: readonly FaultSpec[];
  /** From the instant the policy should hold to the page. */
  readonly pageAfterMs?: number;
}

const GRAPH = {
  gateway: ['quotes', 'shipments', 'tracking'],
  shipments: ['quotes', 'dispatch', 'broker'],
  dispatch: ['carriers'],
  tracking: ['broker'],
};

/** The workbook's page pairs, divided by 60. */
export const PAGE_POLICIES = [
  { severity: 'page', longWindowMs: 60_000, shortWindowMs: 5000, factor: 14.4 },
  { severity: 'page', longWindowMs: 360_000, shortWindowMs: 30_000, factor: 6 },
  { severity: 'ticket', longWindowMs: 4_320_000, shortWindowMs: 360_000, factor: 1 },
] as const;

export const GATEWAY_SLOS: readonly RecordedSlo[] = [
  {
    id: 'gateway/availability',
    service: 'gateway',
    objective: 0.999,
    thresholdMs: null,
    badEventsMin: 5,
    policies: PAGE_POLICIES,
    steps: null,
  },
  {
    id: 'gateway/latency',
    service: 'gateway',
    objective: 0.99,
    thresholdMs: 1000,
    badEventsMin: 5,
    policies: PAGE_POLICIES,
    steps: null,
  },
];

/** One request every 50 ms; `spoil` says what becomes of it. */
export function steadyUsers(
  seconds: number,
  spoil: (atMs: number, index: number) => { readonly status: number; readonly latencyMs: number },
): UserRequest[] {
  return Array.from({ length: seconds * REQUESTS_PER_SECOND }, (_, index) => {
    const intendedMs = RUN_START_MS + (index * 1000) / REQUESTS_PER_SECOND;
    const { status, latencyMs } = spoil(intendedMs, index);
    const error = status === 0 ? 'ECONNREFUSED' : null;
    const step = 'POST /quotes';
    return { intendedMs, startedMs: intendedMs, endedMs: intendedMs + latencyMs, step, status, error };
  });
}

export function pageAt(receivedMs: number, change: Partial<RecordedPage> = {}): RecordedPage {
  return {
    receivedMs,
    status: 'firing',
    labels: {
      alertname: 'ErrorBudgetBurn',
      severity: 'page',
      slo_id: 'gateway/availability',
      service: 'gateway',
    },
    annotations: { suspect: 'quotes', suspect_reason: 'quotes: half of the calls from gateway failed' },
    startsAt: new Date(receivedMs - 600).toISOString(),
    fingerprint: 'a1b2c3d4',
    ...change,
  };
}

/** A quiet minute, a sham, and then each fault for ten seconds. */
export function recordedRun({ faults, pageAfterMs = 1000 }: RunSpec): RecordedRun {
  const phases = phasesOf(faults);
  const seconds = ((phases.at(-1)?.endedMs ?? RUN_START_MS) - RUN_START_MS) / 1000 + SETTLE_S;
  const faultAt = (atMs: number): FaultSpec | undefined => {
    const phase = phases.find(
      ({ kind, startedMs, endedMs }) => kind === 'fault' && atMs >= startedMs && atMs < endedMs,
    );
    return faults.find(({ id }) => id === phase?.id);
  };
  const users = steadyUsers(seconds, (atMs, index) => {
    const fault = faultAt(atMs);
    // Spread evenly: of every hundred, so many.
    const turn = (index * 37) % 100;
    if (fault === undefined || turn >= 100 * (fault.failed + (fault.slow ?? 0)))
      return { status: 201, latencyMs: 20 };
    return turn < 100 * fault.failed ? { status: 502, latencyMs: 20 } : { status: 201, latencyMs: 2020 };
  });
  const inOrder = users.toSorted((a, b) => a.endedMs - b.endedMs);
  const truths = truthOf(GATEWAY_SLOS, inOrder);
  return {
    version: 1,
    kind: 'matrix',
    divisor: 60,
    seed: 1,
    slos: GATEWAY_SLOS,
    graph: GRAPH,
    phases,
    pages: phases
      .filter(({ kind }) => kind === 'fault')
      .flatMap((phase) => pagesFor(phase, truths, pageAfterMs)),
    users: packUsers(inOrder),
    generator: { lagP99Ms: 1.5, overLimit: 0, logLinesLost: 0 },
  };
}

function phasesOf(faults: readonly FaultSpec[]): readonly RecordedPhase[] {
  const at = (second: number): number => RUN_START_MS + 1000 * second;
  const calm = { fault: null, target: null, expect: 'none', blindAfterMs: null } as const;
  return [
    { ...calm, id: 'quiet', kind: 'quiet', title: 'nothing happens', startedMs: at(8), endedMs: at(68) },
    {
      ...calm,
      id: 'sham',
      kind: 'sham',
      title: 'does nothing',
      target: 'dispatch',
      startedMs: at(68),
      endedMs: at(83),
    },
    ...faults.map(({ id, target }, index) => ({
      id,
      kind: 'fault' as const,
      title: `${id} of ${target}`,
      fault: id,
      target,
      startedMs: at(85 + index * (10 + SETTLE_S)),
      endedMs: at(95 + index * (10 + SETTLE_S)),
      expect: 'page' as const,
      blindAfterMs: null,
    })),
  ];
}

/** Fires so long after the users' own policy held, resolves half a minute after the end of the fault. */
function pagesFor(phase: RecordedPhase, truths: readonly Truth[], pageAfterMs: number): RecordedPage[] {
  const onset = firstOnset(truths, phase.startedMs, phase.endedMs);
  if (onset === undefined) return [];
  const target = phase.target ?? '';
  const page = pageAt(onset.atMs + pageAfterMs, {
    labels: { alertname: 'ErrorBudgetBurn', severity: 'page', slo_id: onset.sloId, service: 'gateway' },
    fingerprint: onset.sloId,
    annotations: { suspect: target, suspect_reason: `${target}: calls to it failed` },
  });
  return [page, { ...page, status: 'resolved', receivedMs: phase.endedMs + 30_500 }];
}
