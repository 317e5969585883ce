/** Names and values of telemetry made fit to be read, and what a search found in a sentence. */
import { excerpt } from '#dashboards/console/core/logs/text.ts';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import type { Comparison } from '#dashboards/console/core/trace/compare.ts';
import type { TraceSummary } from '#dashboards/console/core/trace/summary.ts';

/** A name fills a line at most. */
const NAME_CHARS_MAX = 200;
/** Of a value: some screens full. The copy has all. */
const VALUE_CHARS_MAX = 20_000;

export function nameText(name: string): string {
  const { text, leftOut } = excerpt(name, NAME_CHARS_MAX);
  const line = text.replaceAll('\n', ' ').trim();
  if (line === '') return '(no name)';
  return leftOut > 0 ? `${line}…` : line;
}

export function valueText(value: string | number | boolean): string {
  const { text, leftOut } = excerpt(String(value), VALUE_CHARS_MAX);
  return leftOut > 0 ? `${text} … and ${formatNumber(leftOut)} more characters` : text;
}

export function microsText(us: number): string {
  return formatDuration(us / 1000);
}

/** With its sign, so that more and less are told apart. */
export function deltaText(us: number): string {
  return us > 0 ? `+${microsText(us)}` : microsText(us);
}

/** What a search found, for the head of its page. */
export function foundSentence(traces: readonly TraceSummary[], service: string, limit: number): string {
  if (traces.length === 0) return `No trace of ${nameText(service)} matches.`;
  const failed = traces.filter((one) => one.failed > 0).length;
  const slowest = traces.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  const count = traces.length === 1 ? '1 trace' : `${formatNumber(traces.length)} traces`;
  const which = traces.length >= limit ? `The newest ${count}` : count;
  const errors = failed === 0 ? 'none with an error' : `${formatNumber(failed)} with errors`;
  return `${which} through ${nameText(service)}, ${errors}; the longest took ${formatDuration(slowest)}.`;
}

/** How two traces differ, in a sentence. */
export function differenceSentence(leftUs: number, rightUs: number, { rows }: Comparison): string {
  const deltaUs = rightUs - leftUs;
  const most = rows.find(({ selfDeltaUs }) => Math.sign(selfDeltaUs) === Math.sign(deltaUs));
  if (deltaUs === 0) return 'Both took equally long.';
  const took = `The right one took ${microsText(Math.abs(deltaUs))} ${deltaUs > 0 ? 'longer' : 'less'}`;
  if (most === undefined) return `${took}.`;
  const where = `${nameText(most.service)} ${nameText(most.operation)}`;
  const much = `${deltaText(most.selfDeltaUs)} in ${where}`;
  return `${took}; the largest part: ${much}.`;
}
