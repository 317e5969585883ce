/** Words of a query in the words of a text: some of them, or as a phrase. */
import { compareTexts } from '#storage/embedded/documents/core/search/values.ts';

/** Where each word stands, in order. */
export type Places = ReadonlyMap<string, readonly number[]>;

export function placesOf(words: readonly string[]): Places {
  const places = new Map<string, number[]>();
  for (const [at, word] of words.entries()) {
    const known = places.get(word);
    if (known === undefined) places.set(word, [at]);
    else known.push(at);
  }
  return places;
}

/** Words beyond this that begin with the last one of a phrase are not tried; Elasticsearch takes 50 of the index. */
const EXPANSIONS_MAX = 50;

export interface Phrase {
  readonly words: readonly string[];
  readonly slop: number;
  readonly lastIsPrefix: boolean;
}

/**
 * Whether the words stand in their order, moved by at most `slop` places in all:
 * the smallest window over the places less their place in the phrase.
 */
export function hasPhrase(places: Places, phrase: Phrase): boolean {
  return phrasePlaces(places, phrase) !== undefined;
}

/** Places of each word, less its place in the phrase; undefined when a word is missing. */
function shifted(
  places: Places,
  { words, lastIsPrefix }: Phrase,
): readonly (readonly number[])[] | undefined {
  const lists: (readonly number[])[] = [];
  for (const [at, word] of words.entries()) {
    const prefix = lastIsPrefix && at === words.length - 1;
    const found = prefix ? withPrefix(places, word) : (places.get(word) ?? []);
    if (found.length === 0) return undefined;
    lists.push(found.map((place) => place - at));
  }
  return lists;
}

function withPrefix(places: Places, prefix: string): readonly number[] {
  const words = [...places.keys()].filter((word) => word.startsWith(prefix)).toSorted(compareTexts);
  const found = words.slice(0, EXPANSIONS_MAX).flatMap((word) => places.get(word) ?? []);
  return found.toSorted((a, b) => a - b);
}

/** Undefined when the phrase does not stand there; else one place of it. */
export function phrasePlaces(places: Places, phrase: Phrase): readonly number[] | undefined {
  const lists = shifted(places, phrase);
  if (lists === undefined || lists.length === 0) return undefined;
  const heads = lists.map(() => 0);
  const valueAt = (list: number): number => lists[list]?.[heads[list] ?? 0] ?? Number.NaN;
  for (;;) {
    const values = lists.map((_, list) => valueAt(list));
    const least = Math.min(...values);
    if (Math.max(...values) - least <= phrase.slop && areDifferent(values)) {
      return values.map((value, at) => value + at);
    }
    const behind = values.indexOf(least);
    heads[behind] = (heads[behind] ?? 0) + 1;
    if ((heads[behind] ?? 0) >= (lists[behind]?.length ?? 0)) return undefined;
  }
}

/** A word that comes twice in the phrase must come twice in the text. */
function areDifferent(values: readonly number[]): boolean {
  return new Set(values.map((value, at) => value + at)).size === values.length;
}

/** How many words of the query stand there; one that comes twice counts twice. */
export function countWords(places: Places, words: readonly string[]): number {
  return words.reduce((count, word) => count + (places.has(word) ? 1 : 0), 0);
}
