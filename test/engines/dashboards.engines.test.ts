/** The boards on the engines that come quickly. */
import { dashboardsTests } from '#test/engines/dashboards-tests.ts';

dashboardsTests('packaged', {
  panels: /Failing traces/,
  because:
    'a Jaeger that keeps traces in memory takes the tag `error` for a boolean, its API hands it the text "true", and it finds nothing',
});
