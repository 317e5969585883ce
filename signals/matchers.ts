/** Label matchers of PromQL and of the Alertmanager API: the shape only. */

export type MatchOperator = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  /** For `=~` and `!~` an RE2 pattern, anchored at both ends. */
  readonly value: string;
}

/** Label names to values. The metric name stands under `__name__`. */
export type Labels = Readonly<Record<string, string>>;
