/**
 * The types of exporters there are, and their settings. Nothing here loads what
 * an exporter needs to run: every command reads the configuration.
 */
import { components, type Component } from '#base/config/components.ts';
import { optional } from '#base/config/schema.ts';
import type { CommonConfig } from '#collector/exporters/config.ts';
import { elasticsearchExporterSchema } from '#collector/exporters/elasticsearch/config.ts';
import { kafkaExporterSchema } from '#collector/exporters/kafka/config.ts';
import { otlpHttpSchema } from '#collector/exporters/otlphttp/config.ts';
import { remoteWriteSchema } from '#collector/exporters/prometheusremotewrite/config.ts';

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

/** What the loop around an exporter needs to know. */
export function commonOf({ config }: ExporterComponent): CommonConfig {
  return 'common' in config ? config.common : config;
}
