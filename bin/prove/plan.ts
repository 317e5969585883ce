/** What a proof does: the worlds it starts, and the phases of each, in order. */
import type { ServiceName } from '#sample-services/topology.ts';

/**
 * - `quiet`: nothing happens, nothing may page;
 * - `sham`: a fault is announced and does nothing;
 * - `benign`: a fault too small for any SLO;
 * - `fault`: one that hurts users and has to page.
 */
export type PhaseKind = 'quiet' | 'sham' | 'benign' | 'fault';

export interface Phase {
  readonly id: string;
  readonly kind: PhaseKind;
  readonly title: string;
  /** Name in `plimsoll chaos list`; undefined where nothing is injected. */
  readonly fault: string | undefined;
  readonly target: ServiceName | undefined;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** A fault ends as soon as it has paged, but lasts at least so long. */
  readonly durationMsMin: number;
  readonly durationMsMax: number;
  /** Quiet time after it, so that its pages can resolve and the next is a new one. */
  readonly settleMs: number;
}

export interface WorldPlan {
  readonly name: string;
  /** Every window of alerting is divided by it. */
  readonly divisor: number;
  /** Traffic before the first phase, so that there is something to compare with. */
  readonly warmUpMs: number;
  readonly phases: readonly Phase[];
}

/** Between two faults on one SLO: a page resolves 30 min ÷ 60 after recovery. */
const SETTLE_MS = 35_000;
const WARM_UP_MS = 8000;

/** Windows as the SRE Workbook has them: the page after a total outage, in real seconds. */
const OUTAGE: WorldPlan = {
  name: 'outage',
  divisor: 1,
  warmUpMs: 12_000,
  phases: [
    {
      ...fault('outage', 'cut', 'quotes'),
      title: 'total outage, uncompressed',
      // 52 s by the arithmetic of 99.9 %, and room to be late in.
      durationMsMax: 75_000,
      settleMs: 0,
    },
  ],
};

const QUIET: Phase = {
  ...fault('quiet', undefined, undefined),
  kind: 'quiet',
  title: 'nothing happens',
  durationMsMin: 60_000,
  durationMsMax: 60_000,
  settleMs: 0,
};

const SHAM: Phase = {
  ...fault('sham', 'http-error', 'dispatch', { status: 503 }),
  kind: 'sham',
  title: 'a fault that does nothing',
  durationMsMin: 15_000,
  durationMsMax: 15_000,
  settleMs: 2000,
};

const BENIGN: Phase = {
  ...fault('benign', 'http-error', 'quotes', { status: 500, share: 0.005 }),
  kind: 'benign',
  title: '0.5 % of the calls to quotes fail',
  durationMsMin: 30_000,
  durationMsMax: 30_000,
  settleMs: 5000,
};

const QUICK: WorldPlan = {
  name: 'matrix',
  divisor: 60,
  warmUpMs: WARM_UP_MS,
  phases: [
    QUIET,
    SHAM,
    BENIGN,
    fault('error-burst', 'http-error', 'quotes', { status: 500, share: 0.5 }),
    fault('latency', 'latency', 'shipments', { latency: 1500 }),
    fault('kill-gateway', 'kill', 'gateway'),
    fault('kill-dispatch', 'kill', 'dispatch'),
  ],
};

function fault(
  id: string,
  name: string | undefined,
  target: ServiceName | undefined,
  parameters: Phase['parameters'] = {},
): Phase {
  return {
    id,
    kind: 'fault',
    title: `${name ?? ''} ${target ?? ''}`.trim(),
    fault: name,
    target,
    parameters,
    durationMsMin: 6000,
    durationMsMax: 45_000,
    settleMs: SETTLE_MS,
  };
}

export function quickPlan(): readonly WorldPlan[] {
  return [OUTAGE, QUICK];
}

/** Faults of the full run: what each service can suffer that its users notice. */
const FULL_FAULTS: readonly (readonly [name: string, parameters: Phase['parameters']])[] = [
  ['http-error', { status: 500, share: 0.5 }],
  ['http-abort', { share: 0.5 }],
  ['http-delay', { delay: 1500, share: 1 }],
  ['latency', { latency: 1500 }],
  ['reset', {}],
  ['cut', {}],
  ['blackhole', {}],
  ['kill', {}],
  ['pause', {}],
];
/** Services in the way of a customer's request. */
const FULL_TARGETS: readonly ServiceName[] = [
  'gateway',
  'quotes',
  'shipments',
  'dispatch',
  'tracking',
  'carriers',
];

/** Every fault on every service in the way of a request: more than an hour. */
export function fullPlan(): readonly WorldPlan[] {
  const matrix = FULL_TARGETS.flatMap((target) =>
    FULL_FAULTS.map(([name, parameters]) => fault(`${name}-${target}`, name, target, parameters)),
  );
  return [OUTAGE, { ...QUICK, name: 'full matrix', phases: [QUIET, SHAM, BENIGN, ...matrix] }];
}

/** One fault alone after a short quiet time: the smallest run that can pass. */
export function cellPlan(name: string, target: ServiceName): readonly WorldPlan[] {
  const [, parameters = {}] = FULL_FAULTS.find(([known]) => known === name) ?? [];
  const cell = fault(`${name}-${target}`, name, target, parameters);
  return [{ ...QUICK, name: 'one cell', phases: [{ ...cell, settleMs: 0 }] }];
}
