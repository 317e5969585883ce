/** Our PromQL over samples read from a real Prometheus, Debian's, gives what that answers itself. */
import { startPrometheus } from '#test/engines/prometheus.ts';
import { differentialTests } from '#test/engines/promql-differential-tests.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? 2026);
const GENERATED = 60;

differentialTests(await startPrometheus({ flags: [] }), {
  seed: SEED,
  generated: GENERATED,
  resets: false,
});
