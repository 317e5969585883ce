/**
 * `processors`: those of the Collector that only tune its queues ask for nothing
 * we do not do; a warning says so. Any other would change data, and is refused.
 */
import { components } from '#base/config/components.ts';
import { withoutEffect } from '#base/config/schema.ts';

export const PROCESSORS_SCHEMA = components('processor', {
  batch: withoutEffect('the journal and the exporters batch by themselves'),
  memory_limiter: withoutEffect('memory is bounded in bytes by the limits of receivers and journal'),
});
