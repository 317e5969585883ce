/** A proof's report as `plimsoll prove` writes it, made ready to be drawn. */
import { formatShare } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';

export interface Share {
  readonly hits: number;
  readonly of: number;
  readonly value: number | null;
  /** Lower end of the Wilson interval at 95 %. */
  readonly lower95: number | null;
}

export interface Spread {
  readonly median: number;
  readonly max: number;
}

export interface Score {
  readonly recall: Share;
  readonly precision: Share;
  readonly blameTop1: Share;
  readonly quiet: Share;
  readonly secondsFromPolicy: Spread | null;
  readonly secondsFromFirstHurt: Spread | null;
  readonly efficiency: Spread | null;
  readonly resolvedAfterSeconds: Spread | null;
  readonly duplicates: number;
}

export type Outcome = 'detected' | 'late' | 'missed' | 'harmless' | 'clean' | 'false-page';

export interface PageSeen {
  readonly receivedMs: number;
  readonly resolvedMs: number | null;
  readonly alertname: string;
  readonly sloId: string;
  readonly service: string;
  readonly blamed: string | null;
  readonly reason: string;
}

export interface Row {
  readonly phase: {
    readonly id: string;
    readonly kind: string;
    readonly title: string;
    readonly fault: string | null;
    readonly target: string | null;
    readonly startedMs: number;
    readonly endedMs: number;
  };
  readonly outcome: Outcome;
  readonly firstHurtMs: number | null;
  readonly policyMs: number | null;
  readonly page: PageSeen | null;
  readonly secondsFromPolicy: number | null;
  readonly secondsFromFirstHurt: number | null;
  readonly blamedRight: boolean | null;
  readonly resolvedAfterSeconds: number | null;
  readonly duplicates: number;
  readonly falsePages: readonly PageSeen[];
}

export interface World {
  readonly kind: string;
  readonly divisor: number;
  readonly seed: number;
  readonly requests: number;
  readonly rows: readonly Row[];
  readonly strays: readonly PageSeen[];
}

export interface Report {
  readonly startedAt: string;
  readonly tookMs: number;
  readonly commit: string | null;
  readonly machine: {
    readonly cpus: number;
    readonly cpuModel: string;
    readonly memoryBytes: number;
    readonly system: string;
    readonly node: string;
  };
  readonly passed: boolean;
  readonly reasons: readonly string[];
  readonly limits: { readonly deadlineMs: number };
  readonly score: Score;
  readonly worlds: readonly World[];
}

export interface ProofList {
  readonly proofs: readonly {
    readonly id: string;
    readonly startedAt: string;
    readonly tookMs: number;
    readonly commit: string | null;
    readonly passed: boolean;
    readonly reasons: readonly string[];
    readonly score: Score;
    readonly worlds: readonly {
      readonly kind: string;
      readonly divisor: number;
      readonly requests: number;
      readonly phases: number;
    }[];
  }[];
  readonly problems: readonly { readonly id: string; readonly message: string }[];
}

export interface Figure {
  readonly name: string;
  readonly meaning: string;
  /** `5 of 5`; a dash without cases. */
  readonly value: string;
  /** What the number of cases allows to say. */
  readonly bound: string;
  readonly isFull: boolean;
}

const FIGURES: readonly (readonly [
  keyof Score & ('recall' | 'precision' | 'blameTop1' | 'quiet'),
  string,
  string,
])[] = [
  ['recall', 'Recall', 'Faults that hurt users and were paged in time.'],
  ['precision', 'Precision', 'Pages that were for a fault.'],
  ['blameTop1', 'Blame', 'First pages that named the broken service first.'],
  ['quiet', 'Quiet', 'Phases without harm in which nothing paged.'],
];

export function figuresOf(score: Score): readonly Figure[] {
  return FIGURES.map(([key, name, meaning]) => {
    const share = score[key];
    return {
      name,
      meaning,
      value: shareText(share),
      bound: boundText(share),
      isFull: share.hits === share.of,
    };
  });
}

export function shareText({ hits, of }: Share): string {
  return of === 0 ? '–' : `${hits} of ${of}`;
}

/** With few cases even all of them prove little: the bound says how little. */
export function boundText({ lower95 }: Share): string {
  return lower95 === null ? 'nothing to count' : `at least ${formatShare(lower95)} with 95 % confidence`;
}

export function outcomeLook(outcome: Outcome): {
  readonly state: 'ok' | 'burning' | 'idle';
  readonly word: string;
} {
  switch (outcome) {
    case 'detected':
      return { state: 'ok', word: 'paged in time' };
    case 'clean':
      return { state: 'ok', word: 'silent, as it should be' };
    case 'late':
      return { state: 'burning', word: 'paged late' };
    case 'missed':
      return { state: 'burning', word: 'missed' };
    case 'false-page':
      return { state: 'burning', word: 'false page' };
    case 'harmless':
      return { state: 'idle', word: 'hurt nobody' };
    default:
      return outcome satisfies never;
  }
}

export interface TimelineMark {
  readonly kind: 'hurt' | 'policy' | 'page' | 'resolved';
  /** 0 … 1 of the axis. */
  readonly at: number;
  readonly text: string;
}

export interface TimelineRow {
  readonly id: string;
  readonly title: string;
  /** End of the fault, 0 … 1 of the axis; it begins at 0. */
  readonly faultEnds: number;
  readonly marks: readonly TimelineMark[];
}

export interface Timeline {
  readonly spanMs: number;
  /** Round times for the axis, ascending from 0. */
  readonly ticksMs: readonly number[];
  readonly rows: readonly TimelineRow[];
}

const TICK_STEPS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
const TICKS_MAX = 8;

/** Phases with a fault, each from its own start on, on one axis, so that they can be compared. */
export function timelineOf({ rows }: Pick<World, 'rows'>): Timeline | undefined {
  const faults = rows.filter(({ phase }) => phase.fault !== null);
  if (faults.length === 0) return undefined;
  const lastMs = Math.max(...faults.flatMap(momentsOf).map(({ afterMs }) => afterMs));
  const stepMs = (TICK_STEPS_S.find((step) => lastMs / 1000 / step <= TICKS_MAX) ?? 7200) * 1000;
  const spanMs = Math.max(stepMs, lastMs * 1.02);
  return {
    spanMs,
    ticksMs: Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, index) => index * stepMs),
    rows: faults.map((row) => ({
      id: row.phase.id,
      title: row.phase.title,
      faultEnds: clamped((row.phase.endedMs - row.phase.startedMs) / spanMs),
      marks: momentsOf(row).flatMap(({ kind, afterMs }) =>
        kind === 'end'
          ? []
          : [
              {
                kind,
                at: clamped(afterMs / spanMs),
                text: `${MARK_WORDS[kind]} after ${formatDuration(afterMs)}`,
              },
            ],
      ),
    })),
  };
}

const MARK_WORDS: Readonly<Record<TimelineMark['kind'], string>> = {
  hurt: 'first user hurt',
  policy: 'policy holds',
  page: 'page',
  resolved: 'resolved',
};

function momentsOf({ phase, firstHurtMs, policyMs, page }: Row) {
  const moments = [
    { kind: 'end', atMs: phase.endedMs },
    { kind: 'hurt', atMs: firstHurtMs },
    { kind: 'policy', atMs: policyMs },
    { kind: 'page', atMs: page?.receivedMs ?? null },
    { kind: 'resolved', atMs: page?.resolvedMs ?? null },
  ] as const;
  return moments.flatMap(({ kind, atMs }) =>
    atMs === null ? [] : [{ kind, afterMs: Math.max(0, atMs - phase.startedMs) }],
  );
}

function clamped(share: number): number {
  return Math.min(1, Math.max(0, share));
}
