/** The contract of MetricReader on the Prometheus of today, written to by remote write 2.0. */
import { metricsContract } from '#test/contract/metrics.ts';
import { PROMETHEUS_READ_LACKS, prometheusBackend } from '#test/engines/metrics-backend.ts';

metricsContract(
  'Prometheus, built',
  () => prometheusBackend(undefined, { flavor: 'built', protocol: '2.0' }),
  PROMETHEUS_READ_LACKS,
);
