/** `npm run docs`: writes the reference pages that are made from the code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_SCHEMA } from '#bin/config.ts';
import { METRICS } from '#signals/registry.ts';
import { configPage, metricsPage } from '#test/tidy/pages.ts';

const FOLDER = join(import.meta.dirname, '..', 'docs', 'reference');

writeFileSync(join(FOLDER, 'metrics.md'), metricsPage(METRICS));
writeFileSync(join(FOLDER, 'configuration.md'), configPage(CONFIG_SCHEMA));
