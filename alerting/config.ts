/**
 * The alerting part of `plimsoll.yaml`. Under `alertmanager` stands what would
 * stand in an Alertmanager configuration; what Alertmanager knows and we do not
 * do yet is refused by its name, never passed over.
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
  type ReadContext,
  type Schema,
} from '#base/config/schema.ts';
import type { ConfigNode } from '#base/config/yaml.ts';
import { errorText } from '#base/errors.ts';
import { evaluationSchema } from '#alerting/evaluation-config.ts';
import { ALERTMANAGERS_SCHEMA, type AlertmanagerTarget } from '#alerting/alertmanagers/config.ts';
import { parseMatchers } from '#alerting/router/core/matcher-text.ts';
import { compileMatchers } from '#alerting/router/core/matching.ts';
import type { RouteConfig } from '#alerting/router/core/route.ts';
import { EVALUATION_AS_WRITTEN, type Evaluation } from '#alerting/slo/core/evaluation.ts';
import type { Matcher } from '#signals/matchers.ts';

/** Alertmanager's default is no timeout; a receiver that never answers would hold its slot for good. */
const WEBHOOK_TIMEOUT_MS = 10_000;
const YEAR_MS = 365 * 86_400_000;

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

export interface AlertingConfig {
  /** Folder with OpenSLO files; undefined when none is named. */
  readonly slosDir: string | undefined;
  readonly evaluation: Evaluation;
  readonly route: RouteConfig;
  readonly receivers: readonly ReceiverConfig[];
  /** Alertmanagers outside that are told of every alert. */
  readonly alertmanagers: readonly AlertmanagerTarget[];
}

/** Receives everything and tells nobody: incidents are recorded all the same. */
export const RECEIVER_NONE = 'none';

/** The shipped route: Alertmanager's own 30 s and 5 m would cost more than the whole detection. */
export const ROUTE_DEFAULT: RouteConfig = {
  receiver: RECEIVER_NONE,
  groupBy: ['service', 'slo_id'],
  groupWaitMs: 500,
  groupIntervalMs: 30_000,
  repeatIntervalMs: 4 * 3_600_000,
  matchers: [],
  continues: false,
  routes: [],
};

export const ALERTING_DEFAULT: AlertingConfig = {
  slosDir: undefined,
  evaluation: EVALUATION_AS_WRITTEN,
  route: ROUTE_DEFAULT,
  receivers: [{ name: RECEIVER_NONE, webhooks: [] }],
  alertmanagers: [],
};

// -- what is refused by name ----------------------------------------------------

function refused(...names: readonly string[]): Readonly<Record<string, Field<undefined>>> {
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

// -- receivers ------------------------------------------------------------------

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

const authorization = object({
  type: withDefault(
    text({ pattern: /^[A-Za-z0-9-]+$/, expected: 'a scheme such as Bearer' }),
    'Bearer',
    'Scheme of the Authorization header.',
  ),
  credentials: required(
    text({ pattern: /^[\x20-\x7e]+$/, expected: 'a secret of printable ASCII characters' }),
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

const receiver = object({
  name: required(text({ pattern: /^.{1,200}$/, expected: 'a name' }), 'Name that routes use.'),
  webhook_configs: withDefault(list(webhook), [], 'Endpoints that get the notifications of this receiver.'),
  ...refused('labels', ...OTHER_RECEIVERS),
});

// -- routes ---------------------------------------------------------------------

function matcherList(): Schema<readonly Matcher[]> {
  const texts = list(text({ expected: 'a matcher such as severity="page"' }));
  return {
    expected: texts.expected,
    read(node, path, context) {
      const written = texts.read(node, path, context);
      return written === undefined ? undefined : readMatchers(written, { node, path, context });
    },
  };
}

interface At {
  readonly node: ConfigNode;
  readonly path: string;
  readonly context: ReadContext;
}

function readMatchers(written: readonly string[], at: At): readonly Matcher[] | undefined {
  const matchers: Matcher[] = [];
  for (const one of written) {
    const parsed = parseMatchers(one);
    if (typeof parsed === 'string') return complain(at.context, at.node.place, at.path, parsed);
    matchers.push(...parsed);
  }
  try {
    compileMatchers(matchers);
  } catch (error) {
    return complain(at.context, at.node.place, at.path, errorText(error));
  }
  return matchers;
}

const timing = { minMs: 0, maxMs: YEAR_MS };
/** Shorter ones would turn the flush loop into a busy loop. */
const intervals = { minMs: 100, maxMs: YEAR_MS };

const routeFields = {
  receiver: optional(text({ expected: 'the name of a receiver' }), 'Receiver of what this route takes.'),
  group_by: optional(
    list(text({ expected: 'the name of a label' })),
    "Labels alerts are grouped by; ['...'] for all.",
  ),
  group_wait: optional(duration(timing), 'Wait before the first notification of a group.'),
  group_interval: optional(duration(intervals), 'Time between two notifications of a group.'),
  repeat_interval: optional(duration(intervals), 'Time after which an unchanged group is told again.'),
};
const unsupportedRouteFields = refused(
  'labels',
  'mute_time_intervals',
  'active_time_intervals',
  'match',
  'match_re',
);

const ROUTE_DEPTH_MAX = 16;

const childRoute: Schema<ChildRoute> = {
  expected: 'a route with receiver, matchers, continue, routes and the group settings',
  read(node, path, context) {
    const depth = path.split('routes[').length;
    if (depth > ROUTE_DEPTH_MAX) {
      return complain(context, node.place, path, `routes are nested deeper than ${ROUTE_DEPTH_MAX} levels`);
    }
    return childFields.read(node, path, context);
  },
};

const childFields = object({
  ...routeFields,
  matchers: withDefault(matcherList(), [], 'What an alert must match to be taken.'),
  continue: withDefault(boolean(), false, 'Whether later siblings may take the alert too.'),
  routes: withDefault(list(childRoute), [], 'Routes below this one, first match first.'),
  ...unsupportedRouteFields,
});

interface RouteSettings {
  readonly receiver: string | undefined;
  readonly group_by: readonly string[] | undefined;
  readonly group_wait: number | undefined;
  readonly group_interval: number | undefined;
  readonly repeat_interval: number | undefined;
}

interface ChildRoute extends RouteSettings {
  readonly matchers: readonly Matcher[];
  readonly continue: boolean;
  readonly routes: readonly ChildRoute[];
}

const rootRoute = object({
  ...routeFields,
  routes: withDefault(list(childRoute), [], 'Routes below the root, first match first.'),
  ...unsupportedRouteFields,
  ...refused('matchers', 'continue'),
});

const alertmanager = object({
  route: optional(rootRoute, 'Root of the routing tree.'),
  receivers: withDefault(list(receiver), [], 'Who can be told.'),
  ...refused(
    'global',
    'templates',
    'inhibit_rules',
    'time_intervals',
    'mute_time_intervals',
    'event_recorder',
    'tracing',
  ),
});

const alerting = object({
  slos: optional(text({ expected: 'a folder' }), 'Folder with OpenSLO files; --slo overrides it.'),
  evaluation: withDefault(
    evaluationSchema,
    EVALUATION_AS_WRITTEN,
    'How SLOs are judged in proofs and demonstrations; as they are written when left out.',
  ),
  alertmanager: optional(alertmanager, "Routes and receivers, in Alertmanager's own form."),
  alertmanagers: withDefault(
    ALERTMANAGERS_SCHEMA,
    [],
    "Alertmanagers outside that are told of every alert, in the form of Prometheus' own section. They route; leave `alertmanager` out then.",
  ),
  ...refused('rules'),
});

/** Schema of the key `alerting`; reads into {@link AlertingConfig}. */
export const alertingSchema: Schema<AlertingConfig> = {
  expected: alerting.expected,
  fields: alerting.fields,
  read(node, path, context) {
    const written = alerting.read(node, path, context);
    if (written === undefined) return undefined;
    const { receivers = [], route } = written.alertmanager ?? {};
    const config: AlertingConfig = {
      slosDir: written.slos,
      evaluation: written.evaluation,
      route: rootFrom(route),
      receivers: receiversFrom(receivers),
      alertmanagers: written.alertmanagers,
    };
    const problem = problemWith(config, receivers.length > 0 && route?.receiver === undefined);
    if (problem === undefined) return config;
    return complain(context, node.place, path === '' ? 'alertmanager' : `${path}.alertmanager`, problem);
  },
};

function rootFrom(
  written: (RouteSettings & { readonly routes: readonly ChildRoute[] }) | undefined,
): RouteConfig {
  return written === undefined
    ? ROUTE_DEFAULT
    : routeFrom({ ...written, matchers: [], continue: false }, ROUTE_DEFAULT);
}

function routeFrom(written: ChildRoute, parent: RouteConfig): RouteConfig {
  const own: RouteConfig = {
    receiver: written.receiver ?? parent.receiver,
    groupBy: written.group_by ?? parent.groupBy,
    groupWaitMs: written.group_wait ?? parent.groupWaitMs,
    groupIntervalMs: written.group_interval ?? parent.groupIntervalMs,
    repeatIntervalMs: written.repeat_interval ?? parent.repeatIntervalMs,
    matchers: written.matchers,
    continues: written.continue,
    routes: [],
  };
  return { ...own, routes: written.routes.map((child) => routeFrom(child, own)) };
}

type WrittenReceiver = NonNullable<ReturnType<typeof receiver.read>>;

function receiversFrom(written: readonly WrittenReceiver[]): readonly ReceiverConfig[] {
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

function problemWith(config: AlertingConfig, rootHasNoReceiver: boolean): string | undefined {
  if (rootHasNoReceiver) return 'there are receivers, but route.receiver names none of them';
  const names = config.receivers.map((one) => one.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `the receiver ${twice} is defined twice`;
  const missing = receiversOf(config.route).find((name) => !names.includes(name));
  return missing === undefined ? undefined : `a route names the receiver ${missing}, which is not defined`;
}

function receiversOf(route: RouteConfig): readonly string[] {
  return [route.receiver, ...route.routes.flatMap(receiversOf)];
}
