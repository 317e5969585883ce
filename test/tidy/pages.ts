/** Reference pages made from the code: `npm run docs` writes them, a test compares. */
import type { Schema } from '#base/config/schema.ts';
import { formatDuration } from '#base/duration.ts';
import type { MetricDefinition } from '#base/metrics.ts';

export function metricsPage(metrics: Readonly<Record<string, MetricDefinition>>): string {
  const rows = Object.values(metrics).map(({ name, type, labels, help }) => {
    const names = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${names} | ${help} |`;
  });
  return `# Metrics

What Plimsoll says about itself at \`/metrics\`. Made by \`npm run docs\` from
\`signals/registry.ts\`; a test compares the two. A label value beyond the first
thousand combinations of a metric becomes \`overflow\`.

| name | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}

/** What `notSupportedYet` of the schemas says. */
const NOT_SUPPORTED = 'Not supported yet.';

export interface ConfigKey {
  /** Dotted; \`[]\` for the elements of a list, \`*\` for names of the writer's choosing. */
  readonly path: string;
  readonly doc: string;
  readonly expected: string;
  /** As it would be written in YAML; \`required\` or \`none\` without a default. */
  readonly byDefault: string;
}

/** Every key of a configuration schema, in the order of the schema; a schema inside itself is shown once. */
export function configKeys(
  schema: Schema<unknown>,
  prefix = '',
  around: readonly Schema<unknown>[] = [],
): ConfigKey[] {
  if (around.includes(schema)) return [];
  const outer = [...around, schema];
  if (schema.element !== undefined) {
    // A record's description begins like that of no list.
    const step = schema.expected.startsWith('a list') ? '[]' : prefix === '' ? '*' : '.*';
    return configKeys(schema.element, `${prefix}${step}`, outer);
  }
  return Object.entries(schema.fields ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const below = configKeys(field.schema, path, outer);
    const isGroup = field.schema.fields !== undefined;
    const byDefault = isGroup ? '' : defaultText(field.default, field.schema.expected);
    return [{ path, doc: field.doc, expected: isGroup ? '' : expectedOf(field.schema), byDefault }, ...below];
  });
}

/** What a list holds is told key by key below it. */
function expectedOf(schema: Schema<unknown>): string {
  if (schema.element?.fields === undefined) return schema.expected;
  return schema.expected.startsWith('a list') ? 'a list of maps' : 'a map of maps';
}

function defaultText(
  byDefault: 'required' | 'optional' | { readonly value: unknown },
  expected: string,
): string {
  if (byDefault === 'required') return 'required';
  if (byDefault === 'optional') return 'none';
  const { value } = byDefault;
  if (typeof value === 'number' && expected.startsWith('a duration')) return formatDuration(value);
  if (typeof value === 'number' && expected.startsWith('a size')) return bytesText(value);
  if (isAddress(value)) return `${value.host}:${value.port}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let rest = bytes;
  let unit = 0;
  while (rest >= 1024 && rest % 1024 === 0 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return unit === 0 ? String(rest) : `${rest}${units[unit]}`;
}

function isAddress(value: unknown): value is { host: string; port: number } {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value;
}

export function configPage(schema: Schema<unknown>): string {
  const keys = configKeys(schema);
  const refused = keys.filter(({ doc }) => doc === NOT_SUPPORTED);
  const rows = keys
    .filter((key) => !refused.includes(key))
    .map(({ path, doc, expected, byDefault }) => {
      const shown =
        byDefault === '' || byDefault === 'required' || byDefault === 'none' ? byDefault : `\`${byDefault}\``;
      return `| \`${path}\` | ${shown} | ${expected.replaceAll('|', '\\|')} | ${doc.replaceAll('|', '\\|')} |`;
    });
  return `# Configuration

Keys of \`plimsoll.yaml\`. Made by \`npm run docs\` from the schemas in the code; a
test compares the two. Every key may be left out unless it is required; an
unknown key is an error that names the nearest known one. Durations are written
like \`30s\` or \`1h30m\`, sizes like \`64MiB\`.

A value may come from the environment, as with the OpenTelemetry Collector:
\`\${env:NAME}\`, or \`\${env:NAME:-default}\` for one that need not be set. A variable
that is not set and has no default is an error. \`$$\` is one \`$\`.

| key | default | expected | meaning |
|---|---|---|---|
${rows.join('\n')}

Known from the OpenTelemetry Collector or Alertmanager, not supported yet, and
refused by name: ${refused.map(({ path }) => `\`${path}\``).join(', ')}.
`;
}
