/** Our PromQL over samples read from a real Prometheus: many generated queries, and a server of today. */
import { startPrometheus } from '#test/engines/prometheus.ts';
import { differentialTests } from '#test/engines/promql-differential-tests.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const EXPERIMENTS = '--enable-feature=promql-experimental-functions';

differentialTests(await startPrometheus({ flags: [] }), {
  seed: SEED,
  generated: 400,
  resets: false,
});
differentialTests(await startPrometheus({ flavor: 'built', flags: [EXPERIMENTS] }), {
  seed: SEED + 1,
  generated: 400,
  resets: true,
});
