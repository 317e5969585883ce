import type { ReactNode } from 'react';
import type { Level } from '#dashboards/console/core/logs/answers.ts';
import { bandOf, type Band } from '#dashboards/console/core/logs/histogram.ts';

export const GLYPHS: Readonly<Record<Band, string>> = { error: '▲', warn: '◆', info: '○', below: '·' };
export const WORDS: Readonly<Record<Band, string>> = {
  error: 'error, fatal',
  warn: 'warn',
  info: 'info',
  below: 'debug, trace, unset',
};

/** A severity as glyph, word and colour. */
export function LevelMark({ level }: { readonly level: Level }): ReactNode {
  const band = bandOf(level);
  return (
    <span className={`log-level band-${band}`}>
      <span aria-hidden="true">{GLYPHS[band]}</span> {level}
    </span>
  );
}
