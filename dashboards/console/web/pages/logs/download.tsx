import type { ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { toCsv, toNdjson } from '#dashboards/console/core/logs/download.ts';
import type { LogLine } from '#dashboards/console/core/logs/line.ts';
import { Menu } from '#dashboards/console/web/parts/menu.tsx';

/** The browser has read the file by then. */
const KEPT_MS = 60_000;

/** The lines that are shown, as a file. */
export function Download({ lines }: { readonly lines: readonly LogLine[] }): ReactNode {
  const iso = (timeMs: number): string => new Date(timeMs).toISOString();
  return (
    <Menu label="Download ▾" name="Download the lines that are shown">
      {(close) => (
        <>
          <p className="hint log-menu-hint">The {formatNumber(lines.length)} lines that are here, as</p>
          <button
            type="button"
            onClick={() => {
              save('logs.ndjson', 'application/x-ndjson', toNdjson(lines));
              close();
            }}
          >
            NDJSON, everything
          </button>
          <button
            type="button"
            onClick={() => {
              save('logs.csv', 'text/csv', toCsv(lines, iso));
              close();
            }}
          >
            CSV, for a spreadsheet
          </button>
        </>
      )}
    </Menu>
  );
}

function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
