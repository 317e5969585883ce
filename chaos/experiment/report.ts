/** What came of an experiment: a journal for programs, a table for people. */
import { formatDuration } from '#base/duration.ts';

/**
 * - `completed`: the method was done to its end;
 * - `aborted`: the steady state did not hold before, or an abort condition struck;
 * - `failed`: a step could not be done;
 * - `interrupted`: somebody stopped it.
 */
export type RunStatus = 'completed' | 'aborted' | 'failed' | 'interrupted';

export interface StepReport {
  readonly name: string;
  readonly kind: 'probe' | 'call' | 'fault';
  /** Wall clock, milliseconds since the Unix epoch. */
  readonly startedMs: number;
  readonly endedMs: number;
  readonly good: boolean;
  /** What was wanted; empty for actions. */
  readonly wanted: string;
  readonly seen: string;
}

export interface ExpectationReport {
  readonly wanted: string;
  readonly met: boolean;
  readonly seen: string;
}

/** Keys as in Chaos Toolkit's journal where it has the same. */
export interface RunReport {
  readonly title: string;
  readonly status: RunStatus;
  /** The platform did not do as expected: an exit code of 1. */
  readonly deviated: boolean;
  /** Why it is not completed. */
  readonly reason: string | undefined;
  readonly sham: boolean;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly steady_states: { readonly before: readonly StepReport[]; readonly after: readonly StepReport[] };
  readonly run: readonly StepReport[];
  readonly rollbacks: readonly StepReport[];
  readonly expectations: readonly ExpectationReport[];
  /** What is left of the faults; must be empty. */
  readonly residue: readonly string[];
}

/** Anything that is not as it should be. */
export function deviates(
  report: Omit<RunReport, 'title' | 'sham' | 'startedMs' | 'endedMs' | 'deviated'>,
): boolean {
  const { status, steady_states: states, run, rollbacks, expectations, residue } = report;
  if (status !== 'completed' || residue.length > 0) return true;
  if (expectations.some(({ met }) => !met)) return true;
  return [...states.before, ...run, ...rollbacks, ...states.after].some(({ good }) => !good);
}

export function reportText(report: RunReport): string {
  const { title, status, deviated, reason, sham, startedMs, endedMs, steady_states: states } = report;
  const lines = [
    `${title}${sham ? ' (sham)' : ''}`,
    ...section('steady state before', states.before.map(stepLine)),
    ...section('method', report.run.map(stepLine)),
    ...section('rollbacks', report.rollbacks.map(stepLine)),
    ...section('steady state after', states.after.map(stepLine)),
    ...section('expected', report.expectations.map(expectationLine)),
    ...section(
      'residue',
      report.residue.map((left) => `  ✗ ${left}`),
    ),
    '',
    `${status}${reason === undefined ? '' : `: ${reason}`}; ${deviated ? 'deviated' : 'as expected'}; ${formatDuration(Math.max(1, endedMs - startedMs))}`,
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function stepLine({ name, good, wanted, seen }: StepReport): string {
  return `  ${good ? '✓' : '✗'} ${name}: ${seen}${good || wanted === '' ? '' : `, wanted ${wanted}`}`;
}

function expectationLine({ wanted, met, seen }: ExpectationReport): string {
  return `  ${met ? '✓' : '✗'} ${wanted}: ${seen}`;
}
