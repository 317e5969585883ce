/**
 * Receivers of the embedded router: Alertmanager's own form, webhooks only. What
 * Alertmanager knows and we do not do yet is refused by its name.
 */
import {
  boolean,
  complain,
  duration,
  list,
  number,
  object,
  optional,
  required,
  text,
  withDefault,
  type Field,
  type Schema,
} from '#base/config/schema.ts';
import { secret } from '#base/config/secrets.ts';

/** Alertmanager's default is no timeout; a receiver that never answers would hold its slot for good. */
const WEBHOOK_TIMEOUT_MS = 10_000;

export interface WebhookConfig {
  readonly url: string;
  readonly sendResolved: boolean;
  /** Alerts in one notification; 0 for all. */
  readonly alertsMax: number;
  readonly timeoutMs: number;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
}

export interface ReceiverConfig {
  readonly name: string;
  readonly webhooks: readonly WebhookConfig[];
}

/** Receives everything and tells nobody: incidents are recorded all the same. */
export const RECEIVER_NONE = 'none';

/** Keys that are known elsewhere and have no effect here. */
export function refused(...names: readonly string[]): Readonly<Record<string, Field<undefined>>> {
  return Object.fromEntries(
    names.map((name) => [name, optional(notSupportedYet(name), 'Not supported yet.') as Field<undefined>]),
  );
}

function notSupportedYet(name: string): Schema<undefined> {
  return {
    expected: 'nothing',
    read: (node, path, context) =>
      complain(context, node.place, path, `${name} is not supported yet; remove it`),
  };
}

/** Alertmanager's receiver types beside the webhook (0.34). */
const OTHER_RECEIVERS = [
  'discord',
  'email',
  'incidentio',
  'jira',
  'mattermost',
  'msteams',
  'msteamsv2',
  'opsgenie',
  'pagerduty',
  'pushover',
  'rocketchat',
  'slack',
  'sns',
  'telegram',
  'victorops',
  'webex',
  'wechat',
].map((type) => `${type}_configs`);
function webUrl(): Schema<string> {
  const plain = text({ expected: 'an http:// or https:// URL' });
  return {
    expected: plain.expected,
    read(node, path, context) {
      const value = plain.read(node, path, context);
      if (value === undefined) return undefined;
      const parsed = URL.canParse(value) ? new URL(value) : undefined;
      if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.hostname === '') {
        return complain(
          context,
          node.place,
          path,
          `expected ${plain.expected}, got ${JSON.stringify(value)}`,
        );
      }
      if (parsed.username !== '' || parsed.password !== '') {
        const message = 'a URL must not hold a user or password; use http_config.authorization';
        return complain(context, node.place, path, message);
      }
      return parsed.href;
    },
  };
}

/** What goes into the Authorization header. */
export const authorization = object({
  type: withDefault(
    text({ pattern: /^[A-Za-z0-9-]+$/, expected: 'a scheme such as Bearer' }),
    'Bearer',
    'Scheme of the Authorization header.',
  ),
  credentials: required(
    secret({ pattern: /^[\x20-\x7e]+$/, expected: 'a secret of printable ASCII characters' }),
    'Secret after the scheme.',
  ),
  ...refused('credentials_file'),
});

const httpConfig = object({
  authorization: optional(authorization, 'Authorization header to send.'),
  ...refused(
    'basic_auth',
    'oauth2',
    'tls_config',
    'proxy_url',
    'no_proxy',
    'proxy_from_environment',
    'proxy_connect_header',
    'http_headers',
    'follow_redirects',
    'enable_http2',
  ),
});

const webhook = object({
  url: required(webUrl(), 'Where to POST notifications.'),
  send_resolved: withDefault(boolean(), true, 'Whether to tell of resolved alerts.'),
  max_alerts: withDefault(
    number({ min: 0, max: 10_000, integer: true }),
    0,
    'Alerts in one notification, 0 for all; the rest is counted in truncatedAlerts.',
  ),
  timeout: withDefault(
    duration({ minMs: 100, maxMs: 300_000 }),
    WEBHOOK_TIMEOUT_MS,
    'Time for one attempt, from connecting to the end of the answer.',
  ),
  http_config: optional(httpConfig, 'How to send.'),
  ...refused('url_file', 'payload'),
});

/** One receiver. */
export const receiver = object({
  name: required(text({ pattern: /^.{1,200}$/, expected: 'a name' }), 'Name that routes use.'),
  webhook_configs: withDefault(list(webhook), [], 'Endpoints that get the notifications of this receiver.'),
  ...refused('labels', ...OTHER_RECEIVERS),
});

type WrittenReceiver = NonNullable<ReturnType<typeof receiver.read>>;

/** With the one that tells nobody, which is always there. */
export function receiversFrom(written: readonly WrittenReceiver[]): readonly ReceiverConfig[] {
  const receivers = written.map(({ name, webhook_configs: webhooks }) => ({
    name,
    webhooks: webhooks.map((one) => ({
      url: one.url,
      sendResolved: one.send_resolved,
      alertsMax: one.max_alerts,
      timeoutMs: one.timeout,
      authorization:
        one.http_config?.authorization === undefined
          ? undefined
          : `${one.http_config.authorization.type} ${one.http_config.authorization.credentials}`,
    })),
  }));
  const named = receivers.some((one) => one.name === RECEIVER_NONE);
  return named ? receivers : [...receivers, { name: RECEIVER_NONE, webhooks: [] }];
}
