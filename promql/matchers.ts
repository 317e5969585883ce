/** Label matchers as predicates: shared by the evaluator, the stores and alerting. */
import type { Matcher } from '#signals/matchers.ts';
import { compileRegex } from '#promql/regex.ts';

/**
 * A predicate on the label's value; pass `''` for a label that is not set.
 *
 * @throws CodedError `PLIM_PROMQL` when the pattern of `=~` or `!~` is not RE2
 */
export function compileMatcher(matcher: Matcher): (value: string) => boolean {
  const { operator, value: wanted } = matcher;
  switch (operator) {
    case '=':
      return (value) => value === wanted;
    case '!=':
      return (value) => value !== wanted;
    case '=~':
      return compileRegex(wanted);
    case '!~': {
      const matches = compileRegex(wanted);
      return (value) => !matches(value);
    }
  }
}
