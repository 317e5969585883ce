/** A journal and one exporter on a simulated disk, from one start of ours to the next crash. */
import assert from 'node:assert/strict';
import type { Clock } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { silentLogger } from '#base/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { exporterMetrics } from '#collector/exporters/expose.ts';
import type { Exporter } from '#collector/exporters/ports.ts';
import { startExporter } from '#collector/exporters/run.ts';
import { exporterConsumer, type RunningExporter } from '#collector/exporters/status.ts';
import { ledger } from '#collector/ledger.ts';
import { openJournalLife, type Birth, type JournalLife } from '#test/support/journal-life.ts';

const NAME = 'archive';
/** Of the exporter's state and its dead letters. */
export const EXPORTER_DIRECTORY = 'data/exporters/archive';

export interface ExporterLife extends JournalLife {
  readonly exporter: RunningExporter;
}

/** @param wrap what the exporter sees of the disk */
export async function openExporterLife(
  birth: Birth,
  exporter: (clock: Clock) => Exporter,
  wrap: (disk: Disk) => Disk = (disk) => disk,
): Promise<ExporterLife> {
  const life = await openJournalLife(birth, exporterConsumer(NAME, COMMON_DEFAULT));
  const { clock, source } = life;
  const running = await startExporter({
    name: NAME,
    exporter: exporter(clock),
    config: COMMON_DEFAULT,
    source,
    directory: EXPORTER_DIRECTORY,
    disk: wrap(birth.disk),
    clock,
    random: birth.random,
    log: silentLogger,
    metrics: exporterMetrics(createMeter(), NAME, () => clock.wallMs()),
  });
  return { ...life, exporter: running };
}

/** Every item of every signal is somewhere: sent, refused, or still to come. */
export function assertBalanced({ writer, exporter }: ExporterLife): void {
  const { cursor } = exporter.status();
  for (const row of ledger(writer.status(), [{ name: NAME, cursor }]))
    assert.equal(row.residual, 0, `${row.signal} balances`);
}

export async function closeExporterLife({ writer, exporter, clock }: ExporterLife): Promise<void> {
  await Promise.all([exporter[Symbol.asyncDispose](), clock.advanceAsync(10_000)]);
  await writer[Symbol.asyncDispose]();
}
