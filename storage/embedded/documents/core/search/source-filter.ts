/** Parts of a document, chosen by patterns of paths. */
import type { DocumentValue, SignalDocument } from '#signals/elasticsearch/documents.ts';
import type { SourceFilter } from '#storage/document-search.ts';
import {
  namePattern,
  patternTest,
  type PatternTest,
} from '#storage/embedded/documents/core/search/patterns.ts';

export function filterSource(document: SignalDocument, { includes, excludes }: SourceFilter): SignalDocument {
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
  document: SignalDocument,
  path: string,
  rules: Rules,
  included: boolean,
): SignalDocument {
  const kept = Object.create(null) as Record<string, DocumentValue>;
  for (const [name, value] of Object.entries(document)) {
    const inner = path === '' ? name : `${path}.${name}`;
    const filtered = filterValue(value, inner, rules, included);
    if (filtered !== undefined) kept[name] = filtered;
  }
  return kept;
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
  if (Array.isArray(value)) return filterList(value as readonly DocumentValue[], path, rules, included);
  const kept = filterObject(value as SignalDocument, path, rules, included);
  return included || Object.keys(kept).length > 0 ? kept : undefined;
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
