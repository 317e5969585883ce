/** How figures and outcomes are written in reports. */
import type { Outcome } from '#chaos/prove/core/match.ts';
import type { Share } from '#chaos/prove/core/score.ts';

/** A state is a glyph, a word and a colour, never one alone. */
export interface OutcomeText {
  readonly glyph: string;
  readonly word: string;
  readonly state: 'ok' | 'burning' | 'idle';
}

export function outcomeText(outcome: Outcome): OutcomeText {
  switch (outcome) {
    case 'detected':
      return { glyph: '●', word: 'paged in time', state: 'ok' };
    case 'clean':
      return { glyph: '●', word: 'silent, as it should be', state: 'ok' };
    case 'late':
      return { glyph: '▲', word: 'paged late', state: 'burning' };
    case 'missed':
      return { glyph: '▲', word: 'missed', state: 'burning' };
    case 'false-page':
      return { glyph: '▲', word: 'false page', state: 'burning' };
    case 'harmless':
      return { glyph: '–', word: 'hurt nobody', state: 'idle' };
    default:
      return outcome satisfies never;
  }
}

/** Three significant digits; what is not there is a dash. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return `${digits(value)} s`;
}

export function times(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${digits(value)}×`;
}

/** Three significant digits, a minus that is one, and no more than tenths from ten on. */
function digits(value: number): string {
  const size = Math.abs(value);
  const places = size < 10 ? 2 : size < 100 ? 1 : 0;
  const text = size.toFixed(places);
  return value < 0 && Number(text) > 0 ? `−${text}` : text;
}

/** `5 of 5`, or a dash when there was nothing to count. */
export function shareText({ hits, of }: Share): string {
  return of === 0 ? '–' : `${hits} of ${of}`;
}

export function boundText({ lower95 }: Share): string {
  return lower95 === null
    ? 'nothing to count'
    : `at 95 % confidence at least ${(100 * lower95).toFixed(1)} %`;
}

/** Time of day with milliseconds, UTC. */
export function timeOfDay(timeMs: number): string {
  const ofDay = ((timeMs % 86_400_000) + 86_400_000) % 86_400_000;
  const pad = (value: number, width = 2): string => String(Math.floor(value)).padStart(width, '0');
  const [hours, minutes] = [ofDay / 3_600_000, (ofDay / 60_000) % 60];
  return `${pad(hours)}:${pad(minutes)}:${pad((ofDay / 1000) % 60)}.${pad(ofDay % 1000, 3)}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as text and as a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
