/** The state of the pipeline in one sentence, worst first. */
import { formatBytes, formatNumber, formatRate, formatShare } from '#dashboards/console/core/numbers.ts';
import { stuckText, type ExporterLine } from '#dashboards/console/core/pipeline/exporters.ts';
import { lagText, signalName, type LedgerLine } from '#dashboards/console/core/pipeline/ledger-words.ts';

export interface JournalFigures {
  readonly state: string;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly heldBytes: number;
  /** Null when it is on the disk of this program. */
  readonly node: string | null;
}

/** What counts against the budget: on disk all that is there; the brokers of Kafka keep what they like. */
export function journalFill({ bytes, bytesMax, heldBytes, node }: JournalFigures): number {
  return bytesMax === 0 ? 0 : (node === null ? bytes : heldBytes) / bytesMax;
}

export interface PipelineFigures {
  readonly journal: JournalFigures;
  readonly exporters: readonly ExporterLine[];
  /** Of the present, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  readonly rows: readonly LedgerLine[];
  /** Of the slowest consumer; null when it is further behind than is remembered. */
  readonly worst: { readonly consumer: string; readonly lagMs: number | null } | undefined;
  /** Items a second that come in; null while unknown. */
  readonly rate: number | null;
}

export type Tone = 'ok' | 'ticket' | 'burning' | 'idle';

/** Behind by more than this is worth a word: pages and pictures are late by it. */
export const LAG_NOTABLE_MS = 5000;
/** Beyond this share of its budget the journal is about to refuse. */
export const FILL_NOTABLE = 0.8;

/** The state of the pipeline in one sentence, worst first. */
export function pipelineSays(figures: PipelineFigures): { readonly tone: Tone; readonly text: string } {
  const { journal, rows, exporters, worst, rate, nowMs } = figures;
  const odd = rows.find(({ residual }) => residual !== 0);
  if (odd !== undefined)
    return {
      tone: 'burning',
      text: `The ledger does not add up: ${formatNumber(odd.residual)} ${signalName(odd.signal)} on the way to ${odd.consumer} are unaccounted for. That is a bug of Plimsoll; please report it.`,
    };
  const stopped = journalStopped(journal);
  if (stopped !== undefined) return { tone: 'burning', text: stopped };
  const stuck = stuckText(exporters, rows, nowMs);
  if (stuck !== undefined) return { tone: 'ticket', text: stuck };
  const fill = journalFill(journal);
  if (worst !== undefined && (worst.lagMs === null || worst.lagMs > LAG_NOTABLE_MS))
    return {
      tone: 'ticket',
      text: `${worst.consumer} is ${lagText(worst.lagMs)} behind; what it ${taskVerb(worst.consumer, exporters)} is late by that, and nothing is lost.`,
    };
  if (fill > FILL_NOTABLE)
    return {
      tone: 'ticket',
      text: `The journal is at ${formatShare(fill)} of its ${formatBytes(journal.bytesMax)}; when it is full, senders are told to come back later.`,
    };
  if (rows.every(({ accepted }) => accepted === 0)) return { tone: 'idle', text: 'Nothing has come in yet.' };
  const coming =
    rate === null ? '' : rate === 0 ? ' Nothing comes in now.' : ` Items come in at ${formatRate(rate)}.`;
  return { tone: 'ok', text: `Everything that was accepted is accounted for, to the item.${coming}` };
}

function journalStopped({ state }: JournalFigures): string | undefined {
  switch (state) {
    case 'full':
      return 'The journal is full: senders get 429 and keep what they have. A consumer is too far behind, or the disk is full; see held below.';
    case 'failed':
      return 'The journal could not make records durable: senders get 503 and keep what they have. Look at the disk.';
    case 'closed':
      return 'The journal is closed: Plimsoll is stopping, and senders get 503.';
    default:
      return undefined;
  }
}

const VERBS: Readonly<Record<string, string>> = {
  documents: 'answers',
  metrics: 'answers',
  connectors: 'makes',
  alerting: 'judges',
};

function taskVerb(consumer: string, exporters: readonly ExporterLine[]): string {
  return exporters.some((one) => one.consumer === consumer) ? 'sends' : (VERBS[consumer] ?? 'does');
}
