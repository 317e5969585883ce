/** The contract of MetricReader on real servers of Prometheus' API, written to by our remote write. */
import { metricsContract } from '#test/contract/metrics.ts';
import {
  PROMETHEUS_LACKS,
  PROMETHEUS_READ_LACKS,
  prometheusBackend,
  VICTORIA_LACKS,
  victoriaBackend,
} from '#test/engines/metrics-backend.ts';

metricsContract('Prometheus', () => prometheusBackend(), PROMETHEUS_READ_LACKS);
metricsContract('Prometheus by range selectors', () => prometheusBackend('query'), {
  ...PROMETHEUS_LACKS,
  staleness: 'range selectors leave staleness markers out',
});
metricsContract('VictoriaMetrics', () => victoriaBackend(), VICTORIA_LACKS);
