/**
 * Prometheus text of an OpenMetrics text. prom-client writes one format a
 * registry, and exemplars need OpenMetrics; whoever does not ask for it gets the
 * older format, made of the newer one: no exemplars, counters typed under their
 * full name, no end mark.
 */
const COUNTER = /^# TYPE (\S+) counter$/;
const META = /^# (?:HELP|TYPE) (\S+)/;
/** ` # {a="b"} value timestamp` behind a sample. */
const EXEMPLAR = / # \{(?:[A-Za-z_]\w*="(?:[^"\\]|\\.)*",?)*\} \S+(?: \S+)?$/;

export function plainText(openMetrics: string): string {
  const lines = openMetrics.split('\n').filter((line) => line !== '' && line !== '# EOF');
  const counters = new Set(lines.map((line) => COUNTER.exec(line)?.[1]).filter((name) => name !== undefined));
  const converted = lines.map((line) => {
    const name = META.exec(line)?.[1];
    if (name === undefined) return line.includes(' # {') ? line.replace(EXEMPLAR, '') : line;
    return counters.has(name) ? line.replace(name, `${name}_total`) : line;
  });
  return `${converted.join('\n')}\n`;
}
