/** `up`, `collector`, `alerting`: reads the settings, runs, stops when told. */
import { renameSync, writeFileSync } from 'node:fs';
import { loadSloFolder } from '#alerting/slo/load.ts';
import { CodedError } from '#base/errors.ts';
import { formatProblem } from '#base/problem.ts';
import { openDataFolder } from '#bin/data-folder.ts';
import { startPlatform, type Role } from '#bin/platform.ts';
import { flagsHelp } from '#bin/verbs/flags.ts';
import { readSettings, type UpSettings } from '#bin/verbs/settings.ts';
import { limitStop, stopSignal } from '#bin/verbs/stop-signal.ts';

/** Contents of the ready file: stable, scripts hold on to it. */
export interface Ready {
  readonly pid: number;
  readonly origin: string;
  readonly otlpHttp: string | null;
  readonly otlpGrpc: null;
  /** Null when Jaeger's Thrift over HTTP is off. */
  readonly jaegerHttp: string | null;
}

/** A stop that takes longer than this is cut short. */
const STOP_MS_MAX = 2900;

const ROLES: Readonly<Record<Role, readonly string[]>> = {
  up: ['collector', 'alerting', 'stores'],
  collector: ['collector'],
  alerting: ['alerting'],
};

export async function up(role: Role, argv: readonly string[]): Promise<number> {
  const settings = readSettings(role, argv);
  if (settings === undefined) {
    process.stdout.write(flagsHelp(role));
    return 0;
  }
  return runUp(role, settings, (ready) => {
    process.stdout.write(
      `Plimsoll is up: ${ready.origin}${ready.otlpHttp === null ? '' : `, OTLP ${ready.otlpHttp}`}\n`,
    );
  });
}

/** Runs until a signal comes or a part is lost. @throws CodedError when it cannot start */
export async function runUp(
  role: Role,
  settings: UpSettings,
  announce: (ready: Ready) => void,
): Promise<number> {
  const stopping = stopSignal(STOP_MS_MAX);
  using folder = openDataFolder(settings.dataDirectory, ROLES[role]);
  if (settings.sloDirectory !== undefined) await warnAboutSlos(settings.sloDirectory);
  const lost = Promise.withResolvers<CodedError>();
  const platform = await startPlatform(role, { ...settings, dataDirectory: folder.path }, lost.resolve);
  const ready: Ready = {
    pid: process.pid,
    origin: platform.origin,
    otlpHttp: platform.otlpHttp,
    otlpGrpc: null,
    jaegerHttp: platform.jaegerHttp,
  };
  if (settings.readyFile !== undefined) writeReadyFile(settings.readyFile, ready);
  announce(ready);
  const end = await Promise.race([stopping, lost.promise]);
  if (end instanceof CodedError) limitStop(STOP_MS_MAX);
  await platform[Symbol.asyncDispose]();
  if (end instanceof CodedError) throw end;
  return 0;
}

/** What is wrong with an SLO file is said where the person looks; the others are judged all the same. */
async function warnAboutSlos(directory: string): Promise<void> {
  const { problems } = await loadSloFolder(directory);
  for (const problem of problems) process.stderr.write(`plimsoll: ${formatProblem(problem)}\n`);
}

function writeReadyFile(file: string, ready: Ready): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(ready)}\n`);
  renameSync(temporary, file);
}
