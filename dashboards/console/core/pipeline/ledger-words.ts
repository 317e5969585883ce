/** The conservation ledger in words: what came in is somewhere, to the item. */
import { formatBytes, formatNumber, formatRate, formatShare } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';

export interface LedgerLine {
  readonly signal: string;
  readonly consumer: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly held: number;
  readonly residual: number;
}

const SIGNALS: Readonly<Record<string, string>> = {
  'otlp-traces': 'spans',
  'otlp-logs': 'log records',
  'otlp-metrics': 'metric points (OTLP)',
  'prom-samples': 'samples (scraped)',
};

/** What a signal is counted in. */
export function signalName(signal: string): string {
  return SIGNALS[signal] ?? signal;
}

const CONSUMERS: Readonly<Record<string, string>> = {
  documents: 'stores spans and logs',
  metrics: 'stores series',
  connectors: 'makes metrics of spans',
  alerting: 'judges SLOs and pages',
};

export function consumerTask(consumer: string): string {
  return CONSUMERS[consumer] ?? 'another program that reads the journal';
}

const REASONS: Readonly<Record<string, string>> = {
  retention: 'too old: removed from the journal before it was read',
  corrupt: 'lost to damage on the disk',
};

/** Why items were dropped. */
export function reasonName(reason: string): string {
  return REASONS[reason] ?? reason;
}

export function droppedOf({ dropped }: Pick<LedgerLine, 'dropped'>): number {
  return Object.values(dropped).reduce((sum, items) => sum + items, 0);
}

/** `accepted 1 234 = delivered 1 200 + dropped 30 (retention 30) + held 4, residual 0` */
export function equation(line: LedgerLine): string {
  const reasons = Object.entries(line.dropped)
    .map(([reason, items]) => `${reason} ${formatNumber(items)}`)
    .join(', ');
  return (
    `accepted ${formatNumber(line.accepted)} = delivered ${formatNumber(line.delivered)}` +
    ` + dropped ${formatNumber(droppedOf(line))}${reasons === '' ? '' : ` (${reasons})`}` +
    ` + held ${formatNumber(line.held)}, residual ${formatNumber(line.residual)}`
  );
}

export interface PipelineFigures {
  readonly journal: {
    readonly state: string;
    readonly bytes: number;
    readonly bytesMax: number;
  };
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
  const { journal, rows, worst, rate } = figures;
  const odd = rows.find(({ residual }) => residual !== 0);
  if (odd !== undefined)
    return {
      tone: 'burning',
      text: `The ledger does not add up: ${formatNumber(odd.residual)} ${signalName(odd.signal)} on the way to ${odd.consumer} are unaccounted for. That is a bug of Plimsoll; please report it.`,
    };
  const stopped = journalStopped(journal);
  if (stopped !== undefined) return { tone: 'burning', text: stopped };
  const fill = journal.bytesMax === 0 ? 0 : journal.bytes / journal.bytesMax;
  if (worst !== undefined && (worst.lagMs === null || worst.lagMs > LAG_NOTABLE_MS))
    return {
      tone: 'ticket',
      text: `${worst.consumer} is ${lagText(worst.lagMs)} behind; what it ${taskVerb(worst.consumer)} is late by that, and nothing is lost.`,
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

function journalStopped({ state }: PipelineFigures['journal']): string | undefined {
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

/** A lag as people read it; seconds, as exact as it is known. */
export function lagText(lag: number | null): string {
  if (lag === null) return 'more than a minute';
  return lag === 0 ? '0 s' : formatDuration(Math.max(1000, Math.round(lag / 1000) * 1000));
}

function taskVerb(consumer: string): string {
  return consumer === 'alerting' ? 'judges' : 'answers';
}
