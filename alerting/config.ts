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
  object,
  optional,
  record,
  text,
  withDefault,
  type ReadContext,
  type Schema,
} from '#base/config/schema.ts';
import type { ConfigNode } from '#base/config/yaml.ts';
import { errorText } from '#base/errors.ts';
import {
  RECEIVER_NONE,
  receiver,
  receiversFrom,
  refused,
  type ReceiverConfig,
} from '#alerting/receivers-config.ts';
import { evaluationSchema } from '#alerting/evaluation-config.ts';
import { ALERTMANAGERS_SCHEMA, type AlertmanagerTarget } from '#alerting/alertmanagers/config.ts';
import { parseMatchers } from '#alerting/router/core/matcher-text.ts';
import { compileMatchers } from '#alerting/router/core/matching.ts';
import type { RouteConfig } from '#alerting/router/core/route.ts';
import { EVALUATION_AS_WRITTEN, type Evaluation } from '#alerting/slo/core/evaluation.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';

const YEAR_MS = 365 * 86_400_000;

export interface AlertingConfig {
  /** Folder with OpenSLO files; undefined when none is named. */
  readonly slosDir: string | undefined;
  readonly evaluation: Evaluation;
  readonly route: RouteConfig;
  readonly receivers: readonly ReceiverConfig[];
  /** Alertmanagers outside that are told of every alert. */
  readonly alertmanagers: readonly AlertmanagerTarget[];
  /** Added to every alert they are told of; an alert's own labels win. */
  readonly externalLabels: Labels;
}

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
  externalLabels: {},
};

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
  external_labels: withDefault(
    record(text()),
    {},
    'Labels added to every alert Alertmanagers are told of, so that several Plimsolls can share one.',
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
      externalLabels: written.external_labels,
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
