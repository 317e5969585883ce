/** Regular expressions of Lucene, drawn at random so that some of them match the documents' words. */
import type { Random } from '#base/random.ts';
import { one, USERS, WORDS } from '#test/engines/search-corpus.ts';

const ANY = ['.*', '.+', '.', '.{2,4}', '[^x]*', '(a|n|b)+', '[a-z0-9]+', '[A-Z]?', '\\w+', '\\W', '[\\d.]*'];
const SIGNS = ['', '', '', '*', '+', '?', '{1,2}', '{2}', '{0,}', '??', '+?'];

/** Never empty, and without a slash that would end it between slashes. */
export function drawRegexp(random: Random): string {
  const length = 1 + random.below(3);
  const parts = Array.from({ length }, () => part(random));
  return random.below(6) === 0 ? `(${parts.join('|')})` : parts.join('');
}

function part(random: Random): string {
  if (random.below(3) === 0) return one(random, ANY);
  const word = Array.from(one(random, [...WORDS, ...USERS.filter((user) => user !== '')]));
  const from = random.below(word.length);
  const some = word.slice(from, from + 1 + random.below(word.length));
  const written = some.map((character) => quoted(character)).join('');
  return random.below(2) === 0 ? written : `(${written})${one(random, SIGNS)}`;
}

function quoted(character: string): string {
  return /[\p{L}\p{N}]/u.test(character) ? character : `\\${character}`;
}
