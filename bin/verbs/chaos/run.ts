/** `plimsoll chaos run FILE`: an experiment from its file to its report. */
import { readFileSync, writeFileSync } from 'node:fs';
import { CodedError, errorText } from '#base/errors.ts';
import { formatProblem } from '#base/problem.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemNet } from '#base/real/net.ts';
import type { ParsedArguments } from '#bin/arguments.ts';
import type { ChaosVerb } from '#bin/verbs/chaos.ts';
import { findDemo } from '#bin/verbs/chaos/demo.ts';
import { printJson } from '#bin/verbs/chaos/text.ts';
import { stopSignal } from '#bin/verbs/stop-signal.ts';
import type { Experiment } from '#chaos/experiment/core/model.ts';
import { parseExperiment } from '#chaos/experiment/core/parse.ts';
import { reportText } from '#chaos/experiment/report.ts';
import { runExperiment } from '#chaos/experiment/run.ts';
import { FAULTS } from '#chaos/faults/registry.ts';

/** Rollbacks and a last look at the steady state may take this long after Ctrl-C. */
const STOP_MS_MAX = 30_000;

export const run: ChaosVerb = {
  usage: 'EXPERIMENT.yaml',
  summary: 'run an experiment: exit 0 as expected, 1 deviated, 2 used wrongly',
  flags: {
    report: { value: 'FILE', help: 'write the report as JSON there too' },
    sham: { value: undefined, help: 'announce its faults, do nothing' },
  },
  async run(args) {
    const { flags } = args;
    const experiment = readExperiment(args);
    const { client, demo } = findDemo(args);
    const { origin, otlpHttp, chaos, load, gateway } = demo;
    const abort = new AbortController();
    void stopSignal(STOP_MS_MAX).then(() => abort.abort());
    const json = flags['json'] !== undefined;
    const report = await runExperiment(
      { ...experiment, sham: experiment.sham || flags['sham'] !== undefined },
      {
        client,
        net: systemNet,
        clock: systemClock,
        variables: { origin, otlpHttp, chaos, load, gateway },
        signal: abort.signal,
        say: (line) => void process.stderr.write(`… ${line}\n`),
      },
    );
    if (flags['report'] !== undefined) writeReport(flags['report'], report);
    if (json) printJson(report);
    else process.stdout.write(reportText(report));
    return report.deviated ? 1 : 0;
  },
};

/** @throws CodedError `PLIM_USAGE`, `PLIM_EXPERIMENT_INVALID` */
function readExperiment({ positional }: ParsedArguments): Experiment {
  const [file, ...more] = positional;
  if (file === undefined || more.length > 0)
    throw new CodedError('PLIM_USAGE', 'name one file: plimsoll chaos run EXPERIMENT.yaml');
  const { experiment, problems } = parseExperiment(file, readText(file), FAULTS);
  if (experiment !== undefined) return experiment;
  throw new CodedError('PLIM_EXPERIMENT_INVALID', problems.map(formatProblem).join('\n'));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CodedError(
      'PLIM_USAGE',
      `${file} cannot be read: ${errorText(error)}; name an experiment file`,
    );
  }
}

/** The run is over whether or not this succeeds. */
function writeReport(file: string, report: object): void {
  try {
    writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    process.stderr.write(`${file} cannot be written: ${errorText(error)}\n`);
  }
}
