/** Reads what users saw: the load generator's log, a JSON line a request. */
import type { UserColumns } from '#chaos/prove/core/recorded-run.ts';

export interface UserRequest {
  readonly intendedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly step: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly error: string | null;
}

export interface UserLog {
  /** In the order of their ends. */
  readonly requests: readonly UserRequest[];
  /** Lines that are none; the last one of a log that is still written may be half. */
  readonly badLines: number;
}

export function parseUserLog(text: string): UserLog {
  const requests: UserRequest[] = [];
  let badLines = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const request = parseLine(line);
    if (request === undefined) badLines += 1;
    else requests.push(request);
  }
  return { requests: requests.toSorted((a, b) => a.endedMs - b.endedMs), badLines };
}

function parseLine(line: string): UserRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { intendedMs, startedMs, endedMs, step, status, error } = value as Readonly<Record<string, unknown>>;
  const isWhole =
    isTime(intendedMs) && isTime(startedMs) && isTime(endedMs) && isTime(status) && typeof step === 'string';
  if (!isWhole) return undefined;
  return { intendedMs, startedMs, endedMs, step, status, error: typeof error === 'string' ? error : null };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function packUsers(requests: readonly UserRequest[]): UserColumns {
  const originMs = Math.floor(requests[0]?.intendedMs ?? 0);
  const steps = [...new Set(requests.map(({ step }) => step))];
  const errors = [...new Set(requests.map(({ error }) => error).filter((error) => error !== null))];
  const since = (timeMs: number): number => Math.round((timeMs - originMs) * 10) / 10;
  return {
    originMs,
    steps,
    errors,
    intendedMs: requests.map(({ intendedMs }) => since(intendedMs)),
    startedMs: requests.map(({ startedMs }) => since(startedMs)),
    endedMs: requests.map(({ endedMs }) => since(endedMs)),
    step: requests.map(({ step }) => steps.indexOf(step)),
    status: requests.map(({ status }) => status),
    error: requests.map(({ error }) => (error === null ? -1 : errors.indexOf(error))),
  };
}

/** Times come back to a tenth of a millisecond. */
export function unpackUsers(columns: UserColumns): readonly UserRequest[] {
  const { originMs, intendedMs, startedMs, step, status, error } = columns;
  return columns.endedMs.map((endedMs, index) => ({
    intendedMs: originMs + (intendedMs[index] ?? endedMs),
    startedMs: originMs + (startedMs[index] ?? endedMs),
    endedMs: originMs + endedMs,
    step: columns.steps[step[index] ?? -1] ?? '',
    status: status[index] ?? 0,
    error: columns.errors[error[index] ?? -1] ?? null,
  }));
}
