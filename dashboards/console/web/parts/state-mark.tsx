import type { ReactNode } from 'react';

/** How something is; always glyph, word and colour together. */
export type MarkState = 'ok' | 'burning' | 'ticket' | 'blind' | 'idle' | 'catching-up';

export const GLYPHS: Readonly<Record<MarkState, string>> = {
  ok: '●',
  burning: '▲',
  ticket: '◆',
  blind: '◌',
  idle: '–',
  'catching-up': '↻',
};
export const WORDS: Readonly<Record<MarkState, string>> = {
  ok: 'ok',
  burning: 'burning',
  ticket: 'slow burn',
  blind: 'blind',
  idle: 'idle',
  'catching-up': 'catching up',
};
export const MEANINGS: Readonly<Record<MarkState, string>> = {
  ok: 'Events come, and no burn policy holds.',
  burning: 'A page policy holds: the budget is burning fast.',
  ticket: 'A ticket policy holds: the budget is burning slowly.',
  blind: 'Telemetry that used to come has stopped.',
  idle: 'The service is alive and had nothing to do.',
  'catching-up': 'The judging is behind the journal; it neither fires nor resolves.',
};

/** @param word said instead of the state's own */
export function StateMark({
  state,
  word,
}: {
  readonly state: MarkState;
  readonly word?: string | undefined;
}): ReactNode {
  return (
    <span className={`state state-${state}`} title={word === undefined ? MEANINGS[state] : undefined}>
      <span aria-hidden="true">{GLYPHS[state]}</span>
      <span>{word ?? WORDS[state]}</span>
    </span>
  );
}

/** `burning` by a ticket policy only is a slow burn. */
export function markOf(slo: {
  readonly state: 'ok' | 'burning' | 'idle' | 'blind' | 'catching-up';
  readonly windows: readonly { readonly severity: 'page' | 'ticket'; readonly holds: boolean }[];
}): MarkState {
  if (slo.state !== 'burning') return slo.state;
  return slo.windows.some(({ severity, holds }) => holds && severity === 'page') ? 'burning' : 'ticket';
}
