/**
 * Builds the engines that come in no package, into the engines folder, once.
 *
 *   npm run engines:build [-- jaeger|prometheus|alertmanager|otelcol …]
 *
 * Takes Go, minutes each, and several gigabytes of Go's caches.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT_VERSIONS, builtEntry, type BuiltName } from '#test/engines/built.ts';
import { enginesFolder, preparedEntry } from '#test/engines/folder.ts';
import { buildGenerated, buildModule, inWorkFolder } from '#test/engines/go.ts';

const BUILDERS: Readonly<Record<BuiltName, (folder: string) => Promise<void>>> = {
  jaeger: (folder) =>
    buildModule(
      {
        module: 'github.com/jaegertracing/jaeger',
        version: `v${BUILT_VERSIONS.jaeger}`,
        packages: ['cmd/jaeger'],
        variables: {
          'github.com/jaegertracing/jaeger/internal/version.latestVersion': BUILT_VERSIONS.jaeger,
        },
      },
      folder,
    ),
  prometheus: (folder) =>
    buildModule(
      {
        module: 'github.com/prometheus/prometheus',
        // As a module it is numbered 0.314.0.
        version: BUILT_VERSIONS.prometheus.replace(/^3\.(\d+)\./, 'v0.3$1.'),
        packages: ['cmd/prometheus', 'cmd/promtool'],
        // The clouds' own ways to find targets are most of what it is made of.
        tags: ['remove_all_sd'],
        variables: { 'github.com/prometheus/common/version.Version': BUILT_VERSIONS.prometheus },
      },
      folder,
    ),
  alertmanager: (folder) =>
    buildModule(
      {
        module: 'github.com/prometheus/alertmanager',
        version: `v${BUILT_VERSIONS.alertmanager}`,
        packages: ['cmd/alertmanager', 'cmd/amtool'],
        variables: { 'github.com/prometheus/common/version.Version': BUILT_VERSIONS.alertmanager },
        placeholders: { 'ui/app/dist/index.html': 'Built without its pages.\n' },
      },
      folder,
    ),
  otelcol: (folder) => inWorkFolder((work) => buildCollector(work, folder)),
};

/** The Collector's own builder writes its main program from a list of components. */
async function buildCollector(work: string, folder: string): Promise<void> {
  const manifest = join(work, 'manifest.yaml');
  writeFileSync(manifest, manifestOf(join(work, 'out')));
  await buildGenerated(work, {
    program: `go.opentelemetry.io/collector/cmd/builder@v${BUILT_VERSIONS.otelcol}`,
    args: ['--skip-compilation', `--config=${manifest}`],
    file: join(folder, 'otelcol'),
  });
}

const CORE = 'go.opentelemetry.io/collector';
const CONTRIB = 'github.com/open-telemetry/opentelemetry-collector-contrib';
/** Of what configuration is read from, numbered apart. */
const PROVIDERS_VERSION = '1.65.0';

const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  receivers: [`${CORE}/receiver/otlpreceiver`],
  processors: [
    `${CORE}/processor/batchprocessor`,
    `${CORE}/processor/memorylimiterprocessor`,
    `${CONTRIB}/processor/transformprocessor`,
    `${CONTRIB}/processor/attributesprocessor`,
  ],
  exporters: [
    ...['otlphttp', 'otlp', 'debug', 'nop'].map((name) => `${CORE}/exporter/${name}exporter`),
    // The one for Elasticsearch takes a module that the module proxy does not hand out.
    `${CONTRIB}/exporter/prometheusremotewriteexporter`,
  ],
  connectors: [`${CONTRIB}/connector/spanmetricsconnector`],
  extensions: [`${CONTRIB}/extension/storage/filestorage`],
};

function manifestOf(output: string): string {
  const version = BUILT_VERSIONS.otelcol;
  const groups = Object.entries(COMPONENTS).map(([group, modules]) => list(group, modules, version));
  const providers = ['file', 'yaml', 'env'].map((name) => `${CORE}/confmap/provider/${name}provider`);
  return [
    `dist: {name: otelcol, version: ${version}, output_path: ${JSON.stringify(output)}}`,
    ...groups,
    list('providers', providers, PROVIDERS_VERSION),
    '',
  ].join('\n');
}

function list(group: string, modules: readonly string[], version: string): string {
  return `${group}:\n${modules.map((module) => `  - gomod: ${module} v${version}`).join('\n')}`;
}

function isBuiltName(name: string): name is BuiltName {
  return Object.hasOwn(BUILT_VERSIONS, name);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const known = Object.keys(BUILT_VERSIONS).filter(isBuiltName);
  const strange = args.find((name) => !isBuiltName(name));
  if (strange !== undefined) {
    print(`${strange} is not among the engines that are built: ${known.join(', ')}`);
    return 2;
  }
  let failed = 0;
  for (const name of args.length === 0 ? known : args.filter(isBuiltName)) {
    const startMs = performance.now();
    print(`${builtEntry(name)}: building, this takes minutes …`);
    // Asked for by name, it is tried again at once.
    rmSync(join(enginesFolder(), `${builtEntry(name)}.failed`), { force: true });
    const entry = await preparedEntry(builtEntry(name), BUILDERS[name]);
    const tookS = ((performance.now() - startMs) / 1000).toFixed(0);
    if (typeof entry !== 'string') failed += 1;
    print(typeof entry === 'string' ? `${entry}: there after ${tookS} s` : entry.missing);
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
