/** What the reporter, inside the test process, tells the runner: one JSON line an event. */

export type RunEvent =
  | { readonly kind: 'passed'; readonly file: string }
  | { readonly kind: 'skipped'; readonly file: string; readonly title: string; readonly reason: string }
  | {
      readonly kind: 'failed';
      readonly file: string;
      readonly title: string;
      readonly detail: string;
    }
  /** Output of a test file that runs in a process of its own. */
  | { readonly kind: 'output'; readonly file: string; readonly text: string }
  /** What a test measured, in its own words (`t.diagnostic`). */
  | { readonly kind: 'figure'; readonly file: string; readonly text: string }
  /** All tests are done but something keeps the process alive. */
  | { readonly kind: 'leftover'; readonly resources: readonly string[] };
