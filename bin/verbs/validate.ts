/**
 * `plimsoll validate FILE…`: reads configuration and SLO files as a start would,
 * lists every problem with its place, and says for each SLO how soon it pages.
 */
import { readFileSync, statSync } from 'node:fs';
import { explainDetection } from '#alerting/slo/core/explain.ts';
import { loadSloFolder } from '#alerting/slo/load.ts';
import { formatDuration } from '#base/duration.ts';
import { CodedError, errorText } from '#base/errors.ts';
import { formatProblem, type Problem } from '#base/problem.ts';
import { parseArguments } from '#bin/arguments.ts';
import { readConfig } from '#bin/config.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { parseSloFiles, type SloFile } from '#signals/openslo/parse.ts';

const FLAGS = {
  json: { value: undefined, help: 'print JSON' },
  help: { value: undefined, help: 'this text' },
} as const;

interface Checked {
  readonly problems: readonly Problem[];
  readonly slos: readonly SloDocument[];
}

/** Exit code 0 when nothing is wrong (warnings are no error), 1 otherwise. */
export async function validate(argv: readonly string[]): Promise<number> {
  const { flags, positional } = parseArguments(argv, FLAGS);
  if (flags['help'] !== undefined || positional.length === 0) {
    process.stdout.write('plimsoll validate FILE-OR-FOLDER… [--json]\n');
    return flags['help'] === undefined ? 2 : 0;
  }
  const { problems, slos } = await check(positional);
  if (flags['json'] !== undefined) {
    const detection = slos.map((slo) => ({
      id: slo.id,
      objective: slo.objective,
      detection: explainDetection(slo),
    }));
    process.stdout.write(`${JSON.stringify({ problems, slos: detection }, undefined, 2)}\n`);
  } else {
    process.stdout.write(report(problems, slos));
  }
  return problems.some((problem) => problem.severity === 'error') ? 1 : 0;
}

/** SLO files are read as one set, because they may refer to each other. */
async function check(paths: readonly string[]): Promise<Checked> {
  const problems: Problem[] = [];
  const slos: SloDocument[] = [];
  const sloFiles: SloFile[] = [];
  for (const path of paths) {
    if (isFolder(path)) {
      const loaded = await loadSloFolder(path);
      problems.push(...loaded.problems);
      slos.push(...loaded.documents);
      continue;
    }
    const text = readFileSync(path, 'utf8');
    if (/^apiVersion:\s*openslo/m.test(text)) sloFiles.push({ file: path, text });
    else problems.push(...readConfig(path, text).problems);
  }
  const parsed = parseSloFiles(sloFiles);
  return { problems: [...problems, ...parsed.problems], slos: [...slos, ...parsed.documents] };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new CodedError('PLIM_USAGE', `${path} cannot be read: ${errorText(error)}`);
  }
}

function report(problems: readonly Problem[], slos: readonly SloDocument[]): string {
  const lines = problems.map(formatProblem);
  for (const slo of slos) {
    lines.push('', `${slo.id}  ${percent(slo.objective)} over ${formatDuration(slo.periodMs)}`);
    lines.push('  errors   first page   first ticket');
    for (const row of explainDetection(slo)) {
      lines.push(
        `  ${percent(row.errorRatio).padStart(6)}   ${time(row.firstPageMs)}   ${time(row.firstTicketMs)}`,
      );
    }
  }
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  lines.push('', errors === 0 ? 'valid' : `${errors} ${errors === 1 ? 'error' : 'errors'}`);
  return `${lines.join('\n').trimStart()}\n`;
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(12))}%`;
}

function time(durationMs: number | 'never'): string {
  const text =
    durationMs === 'never' ? 'never' : formatDuration(Math.max(1000, Math.round(durationMs / 1000) * 1000));
  return text.padStart(10);
}
