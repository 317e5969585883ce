/** Matchers against labels. A missing label counts as the empty string, as everywhere in Alertmanager. */
import { compileMatcher } from '#promql/matchers.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';

export type LabelTest = (labels: Labels) => boolean;

/** A test for labels that meet every matcher. @throws CodedError for a regex that is not RE2 */
export function compileMatchers(matchers: readonly Matcher[]): LabelTest {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
  return (labels) => tests.every(({ name, test }) => test(labels[name] ?? ''));
}
