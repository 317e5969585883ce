/** `/metrics`: the families of every thread as one page of Prometheus text. */
import type { MetricFamily } from '#base/metrics.ts';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Families of one name from several threads become one, in order of name. */
export function metricsPage(collections: readonly (readonly MetricFamily[])[]): string {
  const byName = new Map<string, MetricFamily>();
  for (const family of collections.flat()) {
    const known = byName.get(family.name);
    byName.set(
      family.name,
      known === undefined ? family : { ...known, samples: [...known.samples, ...family.samples] },
    );
  }
  const names = [...byName.keys()].toSorted();
  return names.map((name) => familyText(byName.get(name))).join('');
}

function familyText(family: MetricFamily | undefined): string {
  if (family === undefined) return '';
  const head = `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`;
  const lines = family.samples.map(({ name, labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeValue(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}\n`;
  });
  return head + lines.join('');
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
