/** Whose telemetry it is: service, process and host, in OpenTelemetry's resource conventions. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import {
  defaultResource,
  detectResources,
  envDetector,
  processDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';

/** They go with every batch: long, and a command line may hold a secret. */
const LEFT_OUT = new Set([
  'process.command_args',
  'process.command',
  'process.owner',
  'process.executable.path',
]);

export function serviceResource(serviceName: string | undefined): Resource {
  const detected = detectResources({ detectors: [processDetector, envDetector] });
  const own = resourceFromAttributes({
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    'process.executable.name': basename(process.execPath),
    'telemetry.distro.name': '@plimsoll/sdk',
    ...(serviceName === undefined ? {} : { 'service.name': serviceName }),
  });
  const { attributes } = defaultResource().merge(own).merge(detected);
  const kept = Object.entries(attributes).filter(([name]) => !LEFT_OUT.has(name));
  return resourceFromAttributes({
    ...Object.fromEntries(kept),
    ...(serviceName === undefined ? {} : { 'service.name': serviceName }),
  });
}
