/** Notes beside a result: warnings (likely wrong) and infos (worth a look). */
import { lineAndColumn } from '#promql/syntax/position.ts';

/** Texts of each kind in one response, the rest are counted. */
export const ANNOTATIONS_MAX = 10;

export class Annotations {
  readonly #text: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  /** @param offset where the expression at fault starts in the query's text */
  warn(message: string, offset: number): void {
    this.#warnings.add(`PromQL warning: ${message} (${lineAndColumn(this.#text, offset)})`);
  }

  info(message: string, offset: number): void {
    this.#infos.add(`PromQL info: ${message} (${lineAndColumn(this.#text, offset)})`);
  }

  get warnings(): readonly string[] {
    return cut(this.#warnings, 'warning');
  }

  get infos(): readonly string[] {
    return cut(this.#infos, 'info');
  }
}

function cut(texts: ReadonlySet<string>, kind: 'warning' | 'info'): readonly string[] {
  const kept = [...texts].slice(0, ANNOTATIONS_MAX);
  const omitted = texts.size - kept.length;
  if (omitted > 0) kept.push(`${omitted} more ${kind} annotations omitted`);
  return kept;
}
