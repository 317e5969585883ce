/** What chaos commands print. */
import { formatDuration } from '#base/duration.ts';
import type { FaultView } from '#chaos/daemon/api.ts';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Columns as wide as their widest cell; the last one as wide as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** `http-error on quotes, status 503, share 0.5`. */
export function faultText({ fault, target, parameters, sham }: FaultView): string {
  const settings = Object.entries(parameters)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `, ${name} ${value}`);
  return `${sham ? 'sham ' : ''}${fault} on ${target}${settings.join('')}`;
}

export function activeLine(view: FaultView): string {
  const left =
    view.leaseMs < 1000 ? `${view.leaseMs}ms` : formatDuration(Math.round(view.leaseMs / 1000) * 1000);
  return `  ${view.id}  ${faultText(view)}, ends in ${left} unless renewed\n`;
}
