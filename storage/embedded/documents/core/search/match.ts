/** What a search asks for, as a test of rows. */
import { tokenize } from '#signals/elasticsearch/analyzer.ts';
import { invariant } from '#base/invariant.ts';
import { ANY_FIELD, type Clause, type FieldValue } from '#storage/document-search.ts';
import type { Cells, Fields } from '#storage/embedded/documents/core/search/field-access.ts';
import { patternTest, wordTest } from '#storage/embedded/documents/core/search/patterns.ts';
import { compareWithBound, Wanted } from '#storage/embedded/documents/core/search/values.ts';
import {
  countWords,
  hasPhrase,
  placesOf,
  type Places,
} from '#storage/embedded/documents/core/search/words.ts';

export interface RowTest {
  /** Columns it reads. */
  readonly columns: readonly string[];
  matches(cells: Cells): boolean;
}

type Of<Kind extends Clause['kind']> = Extract<Clause, { readonly kind: Kind }>;

/** Clauses nest in each other this deep at most; parsers allow less. */
const DEPTH_MAX = 64;

export function compileClause(clause: Clause, fields: Fields, depth = 0): RowTest {
  invariant(depth < DEPTH_MAX, 'parsers allow no deeper queries');
  switch (clause.kind) {
    case 'all':
      return { columns: [], matches: () => true };
    case 'none':
      return { columns: [], matches: () => false };
    case 'bool':
      return boolTest(clause, fields, depth);
    case 'exists':
      return existsTest(clause.field, fields);
    case 'ids': {
      const ids = new Set(clause.ids);
      return onValues(fields, '_id', (values) => values.some((value) => ids.has(String(value))));
    }
    case 'terms':
      return termsTest(clause, fields);
    case 'range':
      return rangeTest(clause, fields);
    case 'words':
      return wordsTest(clause, fields);
    case 'phrase':
      return phraseTest(clause, fields);
    case 'pattern':
      return patternsTest(clause, fields);
    default:
      return clause satisfies never;
  }
}

function boolTest(clause: Of<'bool'>, fields: Fields, depth: number): RowTest {
  const compileAll = (clauses: readonly Clause[]): readonly RowTest[] =>
    clauses.map((one) => compileClause(one, fields, depth + 1));
  const must = compileAll(clause.must);
  const should = compileAll(clause.should);
  const mustNot = compileAll(clause.mustNot);
  const { shouldMin } = clause;
  return {
    columns: [...must, ...should, ...mustNot].flatMap(({ columns }) => columns),
    matches: (cells) => {
      for (const test of must) if (!test.matches(cells)) return false;
      for (const test of mustNot) if (test.matches(cells)) return false;
      let found = 0;
      for (const test of should) {
        if (found >= shouldMin) break;
        if (test.matches(cells)) found += 1;
      }
      return found >= shouldMin;
    },
  };
}

/** A field exists as well when something is below its name. */
function existsTest(field: string, fields: Fields): RowTest {
  const access = fields.access(field);
  if (access.type !== undefined) return onValues(fields, field, (values) => values.length > 0);
  const below = `${field}.`;
  const columns = fields.allColumns;
  return {
    columns,
    matches: (cells) => {
      if (access.read(cells).length > 0) return true;
      for (const [name, values] of fields.all(cells)) {
        if (values.length > 0 && isBelow(name, below)) return true;
      }
      return false;
    },
  };
}

function isBelow(name: string, below: string): boolean {
  return (
    name.startsWith(below) ||
    /^(?:resource\.|scope\.)?attributes\.(.*)$/s.exec(name)?.[1]?.startsWith(below) === true
  );
}

function onValues(fields: Fields, field: string, test: (values: readonly FieldValue[]) => boolean): RowTest {
  const access = fields.access(field);
  return { columns: access.columns, matches: (cells) => test(access.read(cells)) };
}

/** Tests of one value, and for texts one of its words. */
interface ValueTests {
  readonly whole: (value: FieldValue) => boolean;
  readonly words: (places: Places) => boolean;
}

function tested(field: string, fields: Fields, { whole, words }: ValueTests): RowTest {
  const inText = (values: readonly FieldValue[]): boolean =>
    values.some((value) => words(placesOf(tokenize(String(value)).map(({ text }) => text))));
  if (field !== ANY_FIELD) {
    const isText = fields.access(field).type === 'text';
    return onValues(fields, field, isText ? inText : (values) => values.some(whole));
  }
  return {
    columns: fields.allColumns,
    matches: (cells) => {
      for (const [, values, type] of fields.all(cells)) {
        // Words are looked for in dates by none of ours: a parser adds the range it may mean.
        if (type !== 'date' && (type === 'text' ? inText(values) : values.some(whole))) return true;
      }
      return false;
    },
  };
}

function termsTest({ field, values, ignoreCase }: Of<'terms'>, fields: Fields): RowTest {
  const wanted = new Wanted(values, ignoreCase);
  return tested(field, fields, {
    whole: (value) => wanted.has(value),
    words: (places) => [...places.keys()].some((word) => wanted.has(word)),
  });
}

function rangeTest({ field, min, max }: Of<'range'>, fields: Fields): RowTest {
  const whole = (value: FieldValue): boolean => {
    if (min !== undefined) {
      const order = compareWithBound(value, min.value);
      if (order === undefined || order < 0 || (order === 0 && !min.inclusive)) return false;
    }
    if (max === undefined) return true;
    const order = compareWithBound(value, max.value);
    return order !== undefined && (order < 0 || (order === 0 && max.inclusive));
  };
  return tested(field, fields, { whole, words: (places) => [...places.keys()].some(whole) });
}

function wordsTest({ field, text, least }: Of<'words'>, fields: Fields): RowTest {
  const wanted = new Wanted([text], false);
  const words = tokenize(text).map((token) => token.text);
  const count = least === 'all' ? words.length : Math.min(least, words.length);
  return tested(field, fields, {
    whole: (value) => wanted.has(value),
    words: (places) => words.length > 0 && countWords(places, words) >= Math.max(1, count),
  });
}

function phraseTest({ field, text, slop, lastIsPrefix }: Of<'phrase'>, fields: Fields): RowTest {
  const wanted = new Wanted([text], false);
  const phrase = { words: tokenize(text).map((token) => token.text), slop, lastIsPrefix };
  return tested(field, fields, {
    whole: (value) =>
      lastIsPrefix ? typeof value === 'string' && value.startsWith(text) : wanted.has(value),
    words: (places) => hasPhrase(places, phrase),
  });
}

function patternsTest({ field, pattern, ignoreCase }: Of<'pattern'>, fields: Fields): RowTest {
  const whole = patternTest(pattern, ignoreCase);
  const word = wordTest(pattern);
  return tested(field, fields, {
    whole: (value) => typeof value === 'string' && whole(value),
    words: (places) => [...places.keys()].some(word),
  });
}
