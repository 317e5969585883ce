/** Destinations behind the journal: what each sends, what waits for it, and with what words it fails. */
import { formatCount } from '#dashboards/console/core/numbers.ts';
import { droppedOf, signalName, type LedgerLine } from '#dashboards/console/core/pipeline/ledger-words.ts';
import { sumOf, type TextPage } from '#dashboards/console/core/prometheus-text.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';

export interface ExporterLine {
  readonly name: string;
  /** Its name in the rows of the ledger. */
  readonly consumer: string;
  /** Partitions of the journal that are its own now, where several collectors share its work. */
  readonly share?: readonly number[];
  readonly state:
    | { readonly kind: 'sending' }
    | {
        readonly kind: 'failing';
        readonly sinceUnixMs: number;
        readonly failures: number;
        readonly error: string;
      };
}

export interface ExporterView extends ExporterLine {
  /** What it sends, in words. */
  readonly sends: string;
  /** Items since the data folder was made. */
  readonly delivered: number;
  readonly held: number;
  readonly dropped: number;
  /** Age of the oldest record before it, milliseconds; undefined while unknown. */
  readonly lagMs: number | undefined;
  /** Bytes of the journal before it; undefined while unknown. */
  readonly heldBytes: number | undefined;
}

/** @param page `/metrics`, for what the ledger does not say */
export function exporterView(
  exporter: ExporterLine,
  rows: readonly LedgerLine[],
  page: TextPage | undefined,
): ExporterView {
  const own = rows.filter(({ consumer }) => consumer === exporter.consumer);
  const where = { exporter: exporter.name };
  const lagSeconds = page && sumOf(page, 'plimsoll_exporter_lag_seconds', where);
  return {
    ...exporter,
    sends: sendsText(own.map(({ signal }) => signal)),
    delivered: total(own, ({ delivered }) => delivered),
    held: total(own, ({ held }) => held),
    dropped: total(own, droppedOf),
    lagMs: lagSeconds === undefined ? undefined : lagSeconds * 1000,
    heldBytes: page && sumOf(page, 'plimsoll_exporter_held_bytes', where),
  };
}

function total(rows: readonly LedgerLine[], figure: (row: LedgerLine) => number): number {
  return rows.reduce((sum, row) => sum + figure(row), 0);
}

/** `sends spans, log records and samples (scraped)` */
function sendsText(signals: readonly string[]): string {
  const names = signals.map(signalName);
  const last = names.at(-1);
  if (last === undefined) return 'sends to another server';
  return `sends ${names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`}`;
}

type Failing = Extract<ExporterLine['state'], { readonly kind: 'failing' }>;

/** `for 7 min, 20 tries` */
export function failingText({ sinceUnixMs, failures }: Failing, nowMs: number): string {
  const tries = failures === 1 ? '1 try' : `${formatCount(failures)} tries`;
  return `for ${formatDuration(Math.max(0, nowMs - sinceUnixMs))}, ${tries}`;
}

/** A destination that does not take what it is sent, as the sentence of the page; undefined when all do. */
export function stuckText(
  exporters: readonly ExporterLine[],
  rows: readonly LedgerLine[],
  nowMs: number,
): string | undefined {
  const failing = exporters.filter(({ state }) => state.kind === 'failing');
  const [first, ...others] = failing;
  if (first?.state.kind !== 'failing') return undefined;
  const held = total(
    rows.filter(({ consumer }) => failing.some((one) => one.consumer === consumer)),
    (row) => row.held,
  );
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const verb = others.length === 0 ? 'does' : 'do';
  const lasts = formatDuration(Math.max(0, nowMs - first.state.sinceUnixMs));
  return `The destination of ${first.name}${more} ${verb} not take what it is sent, for ${lasts}. ${formatCount(held)} items wait for it in the journal.`;
}
