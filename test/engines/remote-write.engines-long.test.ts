/** Our remote write 2.0 and the Prometheus of today. */
import { startPrometheus } from '#test/engines/prometheus.ts';
import { remoteWriteTests } from '#test/engines/remote-write-tests.ts';

remoteWriteTests(await startPrometheus({ flavor: 'built' }));
