/**
 * How an exporter is made of its settings. A new one is a folder beside this
 * file, a line here and one in `types.ts`.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Net } from '#base/net.ts';
import { createElasticsearchExporter } from '#collector/exporters/elasticsearch/exporter.ts';
import { createKafkaExporter } from '#collector/exporters/kafka/exporter.ts';
import { createOtlpHttpExporter } from '#collector/exporters/otlphttp/exporter.ts';
import type { Exporter } from '#collector/exporters/ports.ts';
import { createRemoteWriteExporter } from '#collector/exporters/prometheusremotewrite/create.ts';
import type { ExporterComponent } from '#collector/exporters/types.ts';

/** @throws CodedError `PLIM_CONFIG_INVALID` when a file it names cannot be read */
export function createExporter(
  component: ExporterComponent,
  outside: { readonly net: Net; readonly clock: Clock; readonly log: Logger },
): Exporter {
  switch (component.type) {
    case 'elasticsearch':
      return createElasticsearchExporter({ ...outside, config: component.config });
    case 'kafka':
      return createKafkaExporter({ ...outside, config: component.config });
    case 'otlphttp':
      return createOtlpHttpExporter({ ...outside, config: component.config });
    case 'prometheusremotewrite':
      return createRemoteWriteExporter({ ...outside, config: component.config });
  }
}
