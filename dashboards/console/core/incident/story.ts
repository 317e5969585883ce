/** The timeline of an incident, as it is told: what happened, by whom, and how long after the step before. */
import { shortId } from '#dashboards/console/core/numbers.ts';
import type { Incident, TimelineEntry } from '#dashboards/console/web/data/own-api.ts';

export interface Moment {
  readonly key: string;
  readonly atMs: number;
  readonly title: string;
  readonly mark: 'burning' | 'ok' | 'ticket' | 'idle';
  readonly text: string;
  readonly by: string;
  /** Since the moment before; null for the first. */
  readonly afterMs: number | null;
  /** So many of the same kind in a row, this being the last. */
  readonly times: number;
}

/** The first bad event, then everything that was noted, oldest first. */
export function storyOf({ evidence, timeline }: Pick<Incident, 'evidence' | 'timeline'>): readonly Moment[] {
  const entries = timeline.toSorted((a, b) => a.atMs - b.atMs);
  const first: readonly TimelineEntry[] =
    evidence.firstBadMs === null
      ? []
      : [
          {
            atMs: evidence.firstBadMs,
            kind: 'first-bad',
            text: '',
            by: '',
          },
        ];
  const moments: Moment[] = [];
  let beforeMs: number | null = null;
  for (const entry of folded([...first, ...entries])) {
    moments.push(momentOf(entry, beforeMs, moments.length));
    beforeMs = entry.atMs;
  }
  return moments;
}

type Folded = TimelineEntry & { readonly times: number };

/** A receiver that is told every minute for hours is one line; notes are never folded. */
function folded(entries: readonly TimelineEntry[]): readonly Folded[] {
  const rows: Folded[] = [];
  for (const entry of entries) {
    const last = rows.at(-1);
    const same = last?.kind === entry.kind && last.text === entry.text && entry.kind !== 'note';
    if (same) rows[rows.length - 1] = { ...entry, times: last.times + 1 };
    else rows.push({ ...entry, times: 1 });
  }
  return rows;
}

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const FRACTION = /(T\d\d:\d\d:\d\d)\.\d+Z/g;

/** What the platform noted, with less to read; words of people stay as they are. */
function readable({ kind, text }: TimelineEntry): string {
  if (kind !== 'silenced' && kind !== 'unsilenced') return text;
  return text.replaceAll(UUID, shortId).replaceAll(FRACTION, '$1Z');
}

/** Their text repeats what the title says. */
const SAID_BY_TITLE = new Set(['first-bad', 'acknowledged', 'unacknowledged', 'resolved']);

function momentOf(entry: Folded, beforeMs: number | null, index: number): Moment {
  const { atMs, kind, by, times } = entry;
  return {
    key: `${index} ${kind} ${atMs}`,
    atMs,
    ...lookOf(kind),
    text: SAID_BY_TITLE.has(kind) ? '' : readable(entry),
    by: by === 'plimsoll' ? '' : by,
    afterMs: beforeMs === null ? null : Math.max(0, atMs - beforeMs),
    times,
  };
}

function lookOf(kind: string): Pick<Moment, 'title' | 'mark'> {
  switch (kind) {
    case 'first-bad':
      return { title: 'First bad event', mark: 'ticket' };
    case 'fired':
      return { title: 'Fired', mark: 'burning' };
    case 'notified':
      return { title: 'Delivered', mark: 'idle' };
    case 'notification-failed':
      return { title: 'Not delivered', mark: 'burning' };
    case 'acknowledged':
      return { title: 'Acknowledged', mark: 'ok' };
    case 'unacknowledged':
      return { title: 'Acknowledgement taken back', mark: 'ticket' };
    case 'silenced':
      return { title: 'Silenced', mark: 'idle' };
    case 'unsilenced':
      return { title: 'Silence ended', mark: 'idle' };
    case 'resolved':
      return { title: 'Resolved', mark: 'ok' };
    case 'note':
      return { title: 'Note', mark: 'idle' };
    default:
      return { title: kind, mark: 'idle' };
  }
}
