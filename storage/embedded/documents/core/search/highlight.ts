/** Where in a document's texts and keywords it says what was looked for. Whole values, never cut. */
import { tokenize, type Token } from '#signals/elasticsearch/analyzer.ts';
import { FIELD_ALIASES, fieldTarget, type StreamType } from '#signals/elasticsearch/fields.ts';
import { ANY_FIELD, type Clause, type FieldValue, type HighlightRequest } from '#storage/document-search.ts';
import type { Cells, StreamFields } from '#storage/embedded/documents/core/search/field-access.ts';
import { namePattern, patternTest, wordTest } from '#storage/embedded/documents/core/search/patterns.ts';
import { Wanted } from '#storage/embedded/documents/core/search/values.ts';
import { phrasePlaces, placesOf } from '#storage/embedded/documents/core/search/words.ts';

/** From which token to which, both inclusive. */
type Run = readonly [first: number, last: number];

interface Marker {
  /** Canonical name, or any. */
  readonly field: string;
  /** Whether it looks for a keyword as it is. */
  readonly whole: (value: string) => boolean;
  readonly inText: (tokens: readonly Token[]) => readonly Run[];
}

export type Highlighter = (cells: Cells) => Readonly<Record<string, readonly string[]>>;

export function highlighter(query: Clause, request: HighlightRequest, fields: StreamFields): Highlighter {
  const { stream } = fields;
  const markers = markersOf(query, stream);
  const asked = request.fields.map((field) => patternTest(namePattern(field), false));
  const aliases = Object.entries(FIELD_ALIASES[stream]);
  return (cells) => {
    const marked: [string, readonly string[]][] = [];
    for (const [name, values, type] of fields.all(cells)) {
      if (type !== undefined && type !== 'keyword' && type !== 'text') continue;
      const names = [name, ...aliases.filter(([, field]) => field === name).map(([alias]) => alias)];
      const wanted = names.filter((one) => asked.some((test) => test(one)));
      if (wanted.length === 0) continue;
      const fitting = markers.filter((marker) => !request.fieldMatch || looksAt(marker, name, stream));
      const texts = markAll(values, type === 'text', fitting, request);
      if (texts.length > 0) marked.push(...wanted.map((one) => [one, texts] as [string, readonly string[]]));
    }
    return Object.fromEntries(marked);
  };
}

/** An attribute may be named with or without its place. */
function looksAt({ field }: Marker, name: string, stream: StreamType): boolean {
  if (field === ANY_FIELD || field === name) return true;
  const target = fieldTarget(stream, field);
  return target.kind === 'attribute' && target.places.some((place) => name === `${place}.${target.key}`);
}

function markAll(
  values: readonly FieldValue[],
  isText: boolean,
  markers: readonly Marker[],
  { before, after }: HighlightRequest,
): readonly string[] {
  const texts: string[] = [];
  for (const value of values) {
    if (typeof value !== 'string') continue;
    if (!isText) {
      if (markers.some(({ whole }) => whole(value))) texts.push(`${before}${value}${after}`);
      continue;
    }
    const tokens = tokenize(value);
    const runs = joined(markers.flatMap(({ inText }) => inText(tokens)));
    if (runs.length > 0) texts.push(marked(value, tokens, runs, [before, after]));
  }
  return texts;
}

function marked(
  text: string,
  tokens: readonly Token[],
  runs: readonly Run[],
  [before, after]: readonly [string, string],
): string {
  let shown = '';
  let from = 0;
  for (const [first, last] of runs) {
    const [start, end] = [tokens[first]?.start ?? from, tokens[last]?.end ?? from];
    shown += `${text.slice(from, start)}${before}${text.slice(start, end)}${after}`;
    from = end;
  }
  return shown + text.slice(from);
}

/** In order; what overlaps becomes one. */
function joined(runs: readonly Run[]): readonly Run[] {
  const all: Run[] = [];
  for (const run of runs.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const last = all.at(-1);
    if (last === undefined || run[0] > last[1]) all.push(run);
    else if (run[1] > last[1]) all[all.length - 1] = [last[0], run[1]];
  }
  return all;
}

function markersOf(clause: Clause, stream: StreamType): readonly Marker[] {
  if (clause.kind === 'bool')
    return [...clause.must, ...clause.should].flatMap((one) => markersOf(one, stream));
  if (!('field' in clause)) return [];
  const target = clause.field === ANY_FIELD ? undefined : fieldTarget(stream, clause.field);
  const field = target?.kind === 'fixed' ? target.name : clause.field;
  const single = (test: (word: string) => boolean) => (tokens: readonly Token[]) =>
    tokens.flatMap(({ text }, at): readonly Run[] => (test(text) ? [[at, at]] : []));
  switch (clause.kind) {
    case 'terms': {
      const wanted = new Wanted(clause.values, clause.ignoreCase);
      return [{ field, whole: (value) => wanted.has(value), inText: single((word) => wanted.has(word)) }];
    }
    case 'words': {
      const words = new Set(tokenize(clause.text).map(({ text }) => text));
      return [{ field, whole: (value) => value === clause.text, inText: single((word) => words.has(word)) }];
    }
    case 'pattern': {
      const whole = patternTest(clause.pattern, clause.ignoreCase);
      return [{ field, whole, inText: single(wordTest(clause.pattern)) }];
    }
    case 'phrase':
      return [
        { field, whole: (value) => value === clause.text, inText: (tokens) => phraseRuns(tokens, clause) },
      ];
    case 'range':
    case 'exists':
      return [];
    default:
      return clause satisfies never;
  }
}

/** Every place of a phrase whose words follow each other; else its first. */
function phraseRuns(tokens: readonly Token[], clause: Extract<Clause, { kind: 'phrase' }>): readonly Run[] {
  const words = tokenize(clause.text).map(({ text }) => text);
  const texts = tokens.map(({ text }) => text);
  if (clause.slop > 0) {
    const places = phrasePlaces(placesOf(texts), { ...clause, words });
    return (places ?? []).map((place) => [place, place]);
  }
  const fits = (word: string, at: number, place: number): boolean =>
    clause.lastIsPrefix && at === words.length - 1
      ? (texts[place] ?? '').startsWith(word)
      : texts[place] === word;
  return texts.flatMap((_, place): readonly Run[] =>
    words.length > 0 && words.every((word, at) => fits(word, at, place + at))
      ? [[place, place + words.length - 1]]
      : [],
  );
}
