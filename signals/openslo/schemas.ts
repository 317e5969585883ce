/** The parts of an OpenSLO v1 document that Plimsoll reads, as schemas with positions. */
import {
  boolean,
  choice,
  duration,
  list,
  number,
  object,
  optional,
  record,
  required,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import type { ConfigNode, Place } from '#base/config/yaml.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Long enough for compressed time in tests and proofs. */
export const PERIOD_MS_MIN = 60_000;
/** What the rings of counts reach back. */
export const PERIOD_MS_MAX = 90 * DAY_MS;

/** A value together with where it was written. */
export interface Located<T> {
  readonly value: T;
  readonly place: Place;
}

export function located<T>(schema: Schema<T>): Schema<Located<T>> {
  return {
    expected: schema.expected,
    read(node, path, context) {
      const value = schema.read(node, path, context);
      return value === undefined ? undefined : { value, place: node.place };
    },
  };
}

/** Takes any node as it is; somebody else looks into it. */
export function anything(expected: string): Schema<ConfigNode> {
  return { expected, read: (node) => node };
}

const name = text({
  pattern: /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
  expected: 'a name of letters, digits, - . _ (at most 63 characters)',
});
const service = text({ pattern: /^\S(.{0,253}\S)?$/, expected: 'the service.name of a service' });

export const metadataSchema = object({
  name: required(name, 'Name, unique within the service.'),
  displayName: optional(text(), 'Name for people.'),
  labels: optional(anything('a map'), 'Not used.'),
  annotations: optional(anything('a map'), 'Shown on alerts, but for the key plimsoll.dev/slo.'),
});

export const objectiveSchema = object({
  displayName: optional(text(), 'Not used.'),
  target: optional(located(number({ min: -1e9, max: 1e9 })), 'Share of good events, as a ratio below 1.'),
  targetPercent: optional(located(number({ min: -1e9, max: 1e9 })), 'The same in percent.'),
  op: optional(located(choice(['lt', 'lte', 'gt', 'gte'])), 'Only with thresholdMetric: lt or lte.'),
  value: optional(located(number({ min: 1e-6, max: 3600 })), 'Only with thresholdMetric: seconds.'),
  timeSliceTarget: optional(anything('a number'), 'Not supported yet.'),
  timeSliceWindow: optional(anything('a duration'), 'Not supported yet.'),
  compositeWeight: optional(anything('a number'), 'Not supported yet.'),
  indicator: optional(anything('an indicator'), 'Not supported yet.'),
  indicatorRef: optional(anything('the name of an SLI'), 'Not supported yet.'),
});

export const timeWindowSchema = object({
  duration: required(
    located(duration({ minMs: PERIOD_MS_MIN, maxMs: PERIOD_MS_MAX })),
    'Length of the period, up to 90d.',
  ),
  isRolling: withDefault(boolean(), true, 'Must be true.'),
  calendar: optional(anything('a map'), 'Not supported yet.'),
});

export const specSchema = object({
  service: required(service, 'The service whose SLO this is.'),
  description: withDefault(text(), '', 'For people.'),
  indicator: optional(anything('an indicator'), 'What is counted; see below.'),
  indicatorRef: optional(located(text()), 'The name of a document of kind SLI.'),
  timeWindow: optional(located(list(timeWindowSchema)), 'One rolling window; 30d when left out.'),
  budgetingMethod: withDefault(text(), 'Occurrences', 'Must be Occurrences.'),
  objectives: required(located(list(located(objectiveSchema))), 'Exactly one.'),
  alertPolicies: optional(anything('a list'), 'Not used.'),
});

const spanFields = {
  service: optional(service, 'service.name of the spans; the SLO’s own service when left out.'),
  operation: optional(text(), 'Span name; any when left out.'),
  kinds: optional(
    list(choice(['internal', 'server', 'client', 'producer', 'consumer'])),
    'Span kinds; server and consumer when left out.',
  ),
  attributes: optional(record(text()), 'Attributes of the span or its resource, compared as text.'),
};
const threshold = optional(
  duration({ minMs: 1, maxMs: HOUR_MS }),
  'Longer spans are bad too; only errors are when left out.',
);
const windowLength = duration({ minMs: SECOND_MS, maxMs: PERIOD_MS_MAX });

/** `spec` of a metricSource of type plimsoll.dev/spans. */
export const spansSourceSchema = object({ ...spanFields, threshold });

/** `spec` of a metricSource of type plimsoll.dev/counters. */
export const countersSourceSchema = object({
  metric: required(
    text({ pattern: /^[A-Za-z_:][A-Za-z0-9_:]*$/, expected: 'the name of a counter in Prometheus form' }),
    'Name of the series.',
  ),
  labels: withDefault(record(text()), {}, 'Labels the series must have.'),
});

export const policySchema = object({
  severity: required(choice(['page', 'ticket']), 'Who is woken.'),
  long: required(windowLength, 'Long window.'),
  short: optional(windowLength, 'Short window; a twelfth of the long one when left out.'),
  factor: optional(number({ min: 0.001, max: 1e6 }), 'Burn rate that both windows must exceed.'),
  budgetPercent: optional(
    number({ min: 0.001, max: 100 }),
    'Instead of factor: share of the budget spent in the long window.',
  ),
});

/** What stands under the annotation plimsoll.dev/slo. */
export const extensionSchema = object({
  threshold,
  spans: optional(object(spanFields), 'Which spans count.'),
  badEventsMin: optional(
    number({ min: 1, max: 1_000_000, integer: true }),
    'Bad events the long window must hold before an alert fires; 5 when left out.',
  ),
  burnPolicies: optional(
    list(located(policySchema)),
    'Pairs of windows; those of the SRE Workbook when left out.',
  ),
});

const metricSchema = object({
  metricSource: required(
    object({
      metricSourceRef: optional(text(), 'Not used.'),
      type: required(located(text()), 'plimsoll.dev/spans or plimsoll.dev/counters'),
      spec: optional(anything('a map'), 'Which spans or series count.'),
    }),
    'Where the events come from.',
  ),
});
export type Metric = NonNullable<ReturnType<(typeof metricSchema)['read']>>;

export const sliSpecSchema = object({
  description: optional(text(), 'For people.'),
  ratioMetric: optional(
    located(
      object({
        counter: optional(boolean(), 'Not used.'),
        good: optional(metricSchema, 'Or bad: what tells good from bad.'),
        bad: optional(metricSchema, 'Or good: what tells good from bad.'),
        total: optional(metricSchema, 'The events that count.'),
        rawType: optional(anything('success or failure'), 'Not supported yet.'),
        raw: optional(anything('a metric'), 'Not supported yet.'),
      }),
    ),
    'Good or bad events out of all.',
  ),
  thresholdMetric: optional(
    located(metricSchema),
    'Span durations against the value of the objective, in seconds.',
  ),
});
