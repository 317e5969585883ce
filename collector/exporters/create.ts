/**
 * The exporters there are: a type's name, its settings, and how one is made. A
 * new exporter is a folder beside this file and a line in each of the two lists.
 */
import type { Clock } from '#base/clock.ts';
import { components, type Component } from '#base/config/components.ts';
import { optional } from '#base/config/schema.ts';
import type { Logger } from '#base/log.ts';
import type { Net } from '#base/net.ts';
import type { CommonConfig } from '#collector/exporters/config.ts';
import { elasticsearchExporterSchema } from '#collector/exporters/elasticsearch/config.ts';
import { createElasticsearchExporter } from '#collector/exporters/elasticsearch/exporter.ts';
import { kafkaExporterSchema } from '#collector/exporters/kafka/config.ts';
import { createKafkaExporter } from '#collector/exporters/kafka/exporter.ts';
import { otlpHttpSchema } from '#collector/exporters/otlphttp/config.ts';
import { createOtlpHttpExporter } from '#collector/exporters/otlphttp/exporter.ts';
import type { Exporter } from '#collector/exporters/ports.ts';
import { remoteWriteSchema } from '#collector/exporters/prometheusremotewrite/config.ts';
import { createRemoteWriteExporter } from '#collector/exporters/prometheusremotewrite/create.ts';

const TYPES = {
  elasticsearch: optional(elasticsearchExporterSchema, 'Spans and logs into Elasticsearch or OpenSearch.'),
  kafka: optional(kafkaExporterSchema, 'Everything as it came, to topics of Kafka.'),
  otlphttp: optional(otlpHttpSchema, 'Everything as it came, to whoever takes OTLP over HTTP.'),
  prometheusremotewrite: optional(remoteWriteSchema, 'Metrics to Prometheus and its kin by remote write.'),
};

/** One exporter as configured. */
export type ExporterComponent = Component<typeof TYPES>;

/** Schema of the key `exporters`. */
export const EXPORTERS_SCHEMA = components('exporter', TYPES);

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

/** What the loop around an exporter needs to know. */
export function commonOf({ config }: ExporterComponent): CommonConfig {
  return 'common' in config ? config.common : config;
}
