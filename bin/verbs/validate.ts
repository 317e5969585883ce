/**
 * `plimsoll validate FILE…`: reads configuration and SLO files as a start would,
 * lists every problem with its place, and says for each SLO how soon it pages.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { explainDetection } from '#alerting/slo/core/explain.ts';
import { loadSloFolder } from '#alerting/slo/load.ts';
import { parseYaml } from '#base/config/yaml.ts';
import { formatDuration } from '#base/duration.ts';
import { CodedError, errorText } from '#base/errors.ts';
import { formatProblem, type Problem } from '#base/problem.ts';
import { parseArguments } from '#bin/arguments.ts';
import { EMBEDDED_CONFIG_FILE, readConfig } from '#bin/config.ts';
import { isFolder, writtenSloFolder } from '#bin/verbs/settings.ts';
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
    const text = readText(path);
    if (isSloFile(path, text)) sloFiles.push({ file: path, text });
    else problems.push(...checkConfig(path, text));
  }
  const parsed = parseSloFiles(sloFiles);
  return { problems: [...problems, ...parsed.problems], slos: [...slos, ...parsed.documents] };
}

/** An OpenSLO document says what it is; a configuration never has that key. */
function isSloFile(path: string, text: string): boolean {
  return parseYaml(path, text).roots.some(
    (root) => root.kind === 'map' && root.entries.some(({ key }) => key === 'apiVersion'),
  );
}

/** Also that the folder of SLOs it names is there, without which a start is refused. */
function checkConfig(file: string, text: string): readonly Problem[] {
  const { config, problems } = readConfig(file, text, process.env);
  const folder = config === undefined ? undefined : writtenSloFolder(config, file);
  if (folder === undefined || isFolder(folder) || resolve(file) === EMBEDDED_CONFIG_FILE) return problems;
  const message = `${folder} is not a folder that can be read; make it, or name another`;
  const missing = { file, line: 0, column: 0, path: 'alerting.slos', severity: 'error', message } as const;
  return [...problems, missing];
}

/** @throws CodedError `PLIM_USAGE` */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new CodedError(
      'PLIM_USAGE',
      `${path} ${isMissing ? 'does not exist' : `cannot be read: ${errorText(error)}`}; name a file or a folder`,
    );
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
