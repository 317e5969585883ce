/** A remote-write exporter from its configuration. */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Net } from '#base/net.ts';
import { readTls } from '#base/real/tls-files.ts';
import type { Exporter } from '#collector/exporters/ports.ts';
import type { RemoteWriteConfig } from '#collector/exporters/prometheusremotewrite/config.ts';
import { RemoteWriteExporter } from '#collector/exporters/prometheusremotewrite/exporter.ts';
import { storedSamples } from '#collector/exporters/prometheusremotewrite/stored.ts';
import { PrometheusReader } from '#storage/prometheus/reader.ts';

/** Path of remote write beside Prometheus' API, which can be asked what is there. */
const WRITE_PATH = /\/api\/v1\/write$/;

/** @throws CodedError `PLIM_CONFIG_INVALID` when a file it names cannot be read */
export function createRemoteWriteExporter(options: {
  readonly config: RemoteWriteConfig;
  readonly net: Net;
  readonly clock: Clock;
  readonly log: Logger;
}): Exporter {
  const { config, net, clock, log } = options;
  const { common, endpoint } = config;
  const tls = readTls(common.tls);
  const base = endpoint.replace(/[?#].*$/, '');
  const reader = WRITE_PATH.test(base)
    ? new PrometheusReader({
        net,
        url: base.replace(WRITE_PATH, ''),
        headers: common.headers,
        timeoutMs: common.timeoutMs,
        tls,
      })
    : undefined;
  const stored = reader === undefined ? undefined : storedSamples(reader, log);
  return new RemoteWriteExporter({ config, net, clock, log, tls, stored });
}
