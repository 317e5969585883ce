/**
 * What has changed within a range, out of what can be seen from outside:
 * processes that began, scrapes that fail, operations, versions and error
 * patterns that were not there before. Only what was found is told.
 */
import { promValue, type PromVectorAnswer } from '#dashboards/console/core/prom-series.ts';
import { sightStepMs } from '#dashboards/console/core/now/queries.ts';
import type { Interval } from '#dashboards/console/core/time-range.ts';

export type ChangeKind = 'start' | 'restart' | 'silent' | 'operation' | 'version' | 'error-pattern';

export interface Change {
  /** The same as long as it is the same change, while its words and counts go on. */
  readonly id: string;
  readonly kind: ChangeKind;
  readonly atMs: number;
  /** Those it is about; one, or many that changed together. */
  readonly services: readonly string[];
  readonly text: string;
  /** Operation, or words to search logs for; empty where a service is all there is. */
  readonly detail: string;
}

/** `GET /logs/patterns`. */
export interface PatternAnswer {
  readonly patterns: readonly {
    readonly pattern: string;
    readonly service: string;
    readonly severity: string;
    readonly count: number;
    readonly baselineCount: number;
    readonly firstUnixNanos: string;
    readonly example: string;
  }[];
}

export interface ChangeAnswers {
  readonly started: PromVectorAnswer | undefined;
  readonly startedBefore: PromVectorAnswer | undefined;
  readonly scraped: PromVectorAnswer | undefined;
  readonly operations: PromVectorAnswer | undefined;
  readonly versions: PromVectorAnswer | undefined;
  readonly patterns: PatternAnswer | undefined;
}

/** Processes that begin so close to one another were started together. */
const TOGETHER_MS = 10_000;
const TOGETHER_MIN = 3;
const LISTED_MAX = 50;

/** Newest first, at most 50. */
export function changesIn(answers: ChangeAnswers, interval: Interval): readonly Change[] {
  return [
    ...together(starts(answers, interval)),
    ...silent(answers.scraped, interval),
    ...firstSights(answers.operations, interval, {
      owner: 'service_name',
      what: 'span_name',
      kind: 'operation',
    }),
    ...firstSights(answers.versions, interval, { owner: 'job', what: 'service_version', kind: 'version' }),
    ...newPatterns(answers.patterns),
  ]
    .toSorted((a, b) => b.atMs - a.atMs || (a.text < b.text ? -1 : 1))
    .slice(0, LISTED_MAX);
}

function starts({ started, startedBefore }: ChangeAnswers, { startMs, endMs }: Interval): readonly Change[] {
  const before = secondsBy(startedBefore, 'job');
  return [...secondsBy(started, 'job')].flatMap(([job, atSeconds]): Change[] => {
    const atMs = atSeconds * 1000;
    if (atMs < startMs || atMs > endMs) return [];
    // Clocks of processes are milliseconds apart from one reading to the next.
    const again = (before.get(job) ?? atSeconds) < atSeconds - 1;
    const kind = again ? 'restart' : 'start';
    return [
      {
        id: `started ${job}`,
        kind,
        atMs,
        services: [job],
        text: again ? `${job} was started again` : `${job} was started`,
        detail: '',
      },
    ];
  });
}

/** Many that start at once are one event: a deploy, or the begin of everything. */
function together(changes: readonly Change[]): readonly Change[] {
  const sorted = changes.toSorted((a, b) => a.atMs - b.atMs);
  const groups: Change[][] = [];
  for (const change of sorted) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (
      group !== undefined &&
      last !== undefined &&
      last.kind === change.kind &&
      change.atMs - last.atMs <= TOGETHER_MS
    )
      group.push(change);
    else groups.push([change]);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length < TOGETHER_MIN) return group;
    const services = group.flatMap((change) => change.services).toSorted();
    const again = first.kind === 'restart' ? ' again' : '';
    const id = `together ${first.id}`;
    return [{ ...first, id, services, text: `${services.length} processes were started${again} together` }];
  });
}

/** Those whose scrape fails now. */
function silent(scraped: PromVectorAnswer | undefined, { endMs }: Interval): readonly Change[] {
  return [...secondsBy(scraped, 'job')].flatMap(([job, up]): Change[] =>
    up === 0
      ? [
          {
            id: `silent ${job}`,
            kind: 'silent',
            atMs: endMs,
            services: [job],
            text: `${job} does not answer scrapes`,
            detail: '',
          },
        ]
      : [],
  );
}

interface Sight {
  readonly owner: string;
  readonly what: string;
  readonly kind: 'operation' | 'version';
}

/** New is what came later than its owner: where all is new, nothing is. */
function firstSights(
  answer: PromVectorAnswer | undefined,
  { startMs, endMs }: Interval,
  { owner, what, kind }: Sight,
): readonly Change[] {
  const earliest = new Map<string, number>();
  const seen = (answer?.data.result ?? []).flatMap(({ metric, value }) => {
    const service = metric[owner] ?? '';
    const name = metric[what] ?? '';
    const atMs = (promValue(value[1]) ?? 0) * 1000;
    if (service === '' || name === '' || atMs === 0) return [];
    earliest.set(service, Math.min(earliest.get(service) ?? atMs, atMs));
    return [{ service, name, atMs }];
  });
  const exactMs = 2 * sightStepMs(endMs - startMs);
  return seen.flatMap(({ service, name, atMs }): Change[] => {
    const ownerMs = earliest.get(service) ?? atMs;
    if (atMs <= ownerMs + exactMs || atMs <= startMs + exactMs) return [];
    const text =
      kind === 'operation' ? `${service} has a new operation: ${name}` : `${service} runs version ${name}`;
    return [{ id: `${kind} ${service} ${name}`, kind, atMs, services: [service], text, detail: name }];
  });
}

const SERIOUS = new Set(['error', 'fatal']);

function newPatterns(answer: PatternAnswer | undefined): readonly Change[] {
  return (answer?.patterns ?? []).flatMap((one): Change[] => {
    if (one.baselineCount > 0 || !SERIOUS.has(one.severity)) return [];
    const atMs = Number(BigInt(one.firstUnixNanos) / 1_000_000n);
    const count = one.count === 1 ? 'once' : `${one.count} times`;
    const text = `${one.service} logs a new error, ${count}: ${one.pattern}`;
    const id = `error-pattern ${one.service} ${one.pattern}`;
    const detail = searchWords(one.pattern);
    return [{ id, kind: 'error-pattern', atMs, services: [one.service], text, detail }];
  });
}

/** The longest piece of a pattern that is the same in every line. */
function searchWords(pattern: string): string {
  const pieces = pattern.split(/<(?:num|id|str|ip)>/).map((piece) => piece.trim());
  return pieces.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

function secondsBy(answer: PromVectorAnswer | undefined, label: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const { metric, value } of answer?.data.result ?? []) {
    const name = metric[label] ?? '';
    const number = promValue(value[1]);
    if (name !== '' && number !== null) values.set(name, number);
  }
  return values;
}
