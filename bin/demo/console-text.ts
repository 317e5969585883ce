/** What the demo says in the terminal: where things are, what to try, what arrived. */
import type { ReceivedAlert, ReceivedPage } from '#bin/demo/pager.ts';
import type { Demo } from '#bin/demo/demo.ts';
import path from 'node:path';

export function welcome(demo: Demo, readySeconds: number, relativeTo: string): string {
  const { folders } = demo;
  const short = (file: string): string => path.relative(relativeTo, file) || '.';
  return `
A freight company is at work, and Plimsoll watches it. Ready in ${readySeconds.toFixed(1)} s.

  console    ${demo.origin}   and the APIs: Prometheus, Jaeger, Alertmanager, /api/plimsoll/v1
  OTLP/HTTP  http://127.0.0.1:${demo.ports.otlpHttp}   send your own telemetry here
  gateway    ${demo.gateway}   where the customers come in
  logs       ${short(folders.logs)}/NAME.log
  pages      ${short(folders.pages)}

Break something, and watch the page arrive here within a minute:
  npx plimsoll chaos start kill --target dispatch --for 90s${dataFlag(demo, relativeTo)}
Have it proven, beside this demo:
  npx plimsoll prove --quick

Ctrl-C ends everything.
`;
}

function dataFlag(demo: Demo, relativeTo: string): string {
  const data = path.relative(relativeTo, demo.folders.data);
  return data === path.join('.data', 'start') ? '' : ` --data ${data}`;
}

/** One line an alert: when, what, whom the page blames. */
export function pageLines(page: ReceivedPage): string {
  const time = new Date(page.receivedMs).toISOString().slice(11, 19);
  return page.alerts.map((alert) => `${time}  ${alertLine(alert)}\n`).join('');
}

function alertLine({ status, labels, annotations }: ReceivedAlert): string {
  const severity = labels['severity'] ?? '';
  if (status === 'resolved') return `resolved  ${labels['slo_id'] ?? ''} (${severity})`;
  const { suspect, suspect_reason: reason, incident_url: link } = annotations;
  const more = [
    suspect === undefined ? '' : `suspect: ${suspect}${reason === undefined ? '' : `: ${reason}`}`,
    link ?? '',
  ];
  const lines = more.filter((text) => text !== '').map((text) => `\n          ${text}`);
  return `${severity.toUpperCase().padEnd(8)}  ${annotations['summary'] ?? labels['alertname'] ?? ''}${lines.join('')}`;
}
