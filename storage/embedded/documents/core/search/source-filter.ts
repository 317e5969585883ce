/** Parts of a document, chosen by patterns of paths. */
import { DocumentFields, type DocumentValue, type Field } from '#signals/elasticsearch/document-json.ts';
import type { SourceFilter } from '#storage/document-search.ts';
import {
  namePattern,
  patternTest,
  type PatternTest,
} from '#storage/embedded/documents/core/search/patterns.ts';

export function filterSource(document: DocumentFields, { includes, excludes }: SourceFilter): DocumentFields {
  if (includes.length === 0 && excludes.length === 0) return document;
  const rules = { includes: testsOf(includes), excludes: testsOf(excludes) };
  return filterObject(document, '', rules, includes.length === 0);
}

interface Rules {
  readonly includes: readonly PatternTest[];
  readonly excludes: readonly PatternTest[];
}

function testsOf(patterns: readonly string[]): readonly PatternTest[] {
  return patterns.map((pattern) => patternTest(namePattern(pattern), false));
}

function filterObject(
  document: DocumentFields,
  path: string,
  rules: Rules,
  included: boolean,
): DocumentFields {
  const kept = document.list.map(([name, value]): Field => {
    const inner = path === '' ? name : `${path}.${name}`;
    return [name, value === undefined ? undefined : filterValue(value, inner, rules, included)];
  });
  return new DocumentFields(kept.filter(([, value]) => value !== undefined));
}

/** What is chosen is chosen with all below it; what is left out is, too. */
function filterValue(
  value: DocumentValue,
  path: string,
  rules: Rules,
  above: boolean,
): DocumentValue | undefined {
  if (rules.excludes.some((test) => test(path))) return undefined;
  const included = above || rules.includes.some((test) => test(path));
  if (typeof value !== 'object' || value === null) return included ? value : undefined;
  if (!(value instanceof DocumentFields)) return filterList(value, path, rules, included);
  const kept = filterObject(value, path, rules, included);
  return included || kept.list.length > 0 ? kept : undefined;
}

function filterList(
  list: readonly DocumentValue[],
  path: string,
  rules: Rules,
  included: boolean,
): DocumentValue | undefined {
  const kept = list
    .map((item) => filterValue(item, path, rules, included))
    .filter((item) => item !== undefined);
  return included || kept.length > 0 ? kept : undefined;
}
