/** The Alertmanager configuration in force, as YAML for people to read; secrets are masked. */
import type { AlertingConfig } from '#alerting/config.ts';
import type { ReceiverConfig } from '#alerting/receivers-config.ts';
import { formatMatcher } from '#alerting/router/core/matcher-text.ts';
import type { RouteConfig } from '#alerting/router/core/route.ts';
import { formatDuration } from '#base/duration.ts';

/** As Alertmanager masks them; the URL of a webhook is one, it often carries a token. */
const MASK = '<secret>';

export function formatAlertmanagerConfig({ route, receivers }: AlertingConfig): string {
  const lines = ['route:', ...routeLines(route, undefined).map((line) => `  ${line}`), 'receivers:'];
  for (const receiver of receivers) lines.push(...receiverLines(receiver));
  return `${lines.join('\n')}\n`;
}

function routeLines(route: RouteConfig, parent: RouteConfig | undefined): readonly string[] {
  const lines = [
    `receiver: ${JSON.stringify(route.receiver)}`,
    `group_by: ${JSON.stringify(route.groupBy)}`,
    `group_wait: ${formatDuration(route.groupWaitMs)}`,
    `group_interval: ${formatDuration(route.groupIntervalMs)}`,
    `repeat_interval: ${formatDuration(route.repeatIntervalMs)}`,
  ];
  if (parent !== undefined) {
    lines.push(`matchers: ${JSON.stringify(route.matchers.map(formatMatcher))}`);
    lines.push(`continue: ${route.continues}`);
  }
  if (route.routes.length === 0) return lines;
  const children = route.routes.flatMap((child) => listItem(routeLines(child, route)));
  return [...lines, 'routes:', ...children];
}

function receiverLines({ name, webhooks }: ReceiverConfig): readonly string[] {
  const lines = [`name: ${JSON.stringify(name)}`];
  if (webhooks.length > 0) lines.push('webhook_configs:');
  for (const webhook of webhooks) {
    const own = [
      `url: ${MASK}`,
      `send_resolved: ${webhook.sendResolved}`,
      `max_alerts: ${webhook.alertsMax}`,
      `timeout: ${formatDuration(webhook.timeoutMs)}`,
    ];
    if (webhook.authorization !== undefined) {
      const type = webhook.authorization.split(' ')[0] ?? '';
      own.push('http_config:', '  authorization:', `    type: ${type}`, `    credentials: ${MASK}`);
    }
    lines.push(...listItem(own));
  }
  return listItem(lines);
}

function listItem(lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
}
