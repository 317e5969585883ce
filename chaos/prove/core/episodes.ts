/** Notifications put together to alerts: one that is repeated is not a second page. */
import type { RecordedPage } from '#chaos/prove/core/recorded-run.ts';

/** One alert from its first page to its end. */
export interface Episode {
  readonly labels: Readonly<Record<string, string>>;
  /** Of the first page. */
  readonly annotations: Readonly<Record<string, string>>;
  /** When it began to fire, as it says itself; never after its receipt. */
  readonly startedMs: number;
  /** When its first page was received. */
  readonly receivedMs: number;
  readonly resolvedMs: number | undefined;
}

/**
 * Alerts of severity `page`, in the order of receipt. Resolutions of what never
 * paged are nothing to anybody.
 */
export function episodesOf(pages: readonly RecordedPage[]): readonly Episode[] {
  const episodes = new Map<string, Episode>();
  for (const page of pages) {
    if (page.labels['severity'] !== 'page') continue;
    const key = `${page.fingerprint} ${page.startsAt}`;
    const known = episodes.get(key);
    if (page.status === 'firing' && known === undefined) episodes.set(key, newEpisode(page));
    if (page.status === 'resolved' && known !== undefined && known.resolvedMs === undefined) {
      episodes.set(key, { ...known, resolvedMs: page.receivedMs });
    }
  }
  return [...episodes.values()].toSorted((a, b) => a.receivedMs - b.receivedMs);
}

function newEpisode({ labels, annotations, startsAt, receivedMs }: RecordedPage): Episode {
  const statedMs = parseTime(startsAt);
  const startedMs = statedMs === undefined ? receivedMs : Math.min(statedMs, receivedMs);
  return { labels, annotations, startedMs, receivedMs, resolvedMs: undefined };
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)(?:Z|([+-])(\d\d):(\d\d))$/;
const DAY_MS = 86_400_000;

/** RFC 3339 to epoch milliseconds; undefined when it is none. */
export function parseTime(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const offsetMinutes = 60 * Number(match[8] ?? 0) + Number(match[9] ?? 0);
  const offset = match[7] === '-' ? -offsetMinutes : offsetMinutes;
  return daysSinceEpoch(year, month, day) * DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * 1000;
}

/** Proleptic Gregorian, with years that begin in March so that the leap day is their last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  // Months from March on are 30.6 days long in the mean, rounded; 719 468 days lie before 1970.
  return 365 * years + leapDays + Math.floor((153 * months + 2) / 5) + day - 1 - 719_468;
}
