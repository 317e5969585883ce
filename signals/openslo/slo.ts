/** One document of kind SLO: envelope, objective, window, indicator, our extension, into an SloDocument. */
import { complain, object, required, type ReadContext } from '#base/config/schema.ts';
import type { ConfigNode, Place } from '#base/config/yaml.ts';
import { nearestName } from '#base/nearest.ts';
import type { Problem } from '#base/problem.ts';
import {
  ANNOTATION_KEY,
  readAnnotations,
  type Extension,
  type ReadAnnotations,
} from '#signals/openslo/extension.ts';
import { readIndicator, selectorOf, type ReadIndicator } from '#signals/openslo/indicator.ts';
import type { BurnPolicy, Indicator, SloDocument } from '#signals/openslo/model.ts';
import { readObjective, type ReadObjective } from '#signals/openslo/objective.ts';
import {
  BAD_EVENTS_MIN_DEFAULT,
  defaultPolicies,
  factorOf,
  neverFires,
  SHORT_WINDOW_SHARE,
} from '#signals/openslo/policies.ts';
import { anything, metadataSchema, specSchema } from '#signals/openslo/schemas.ts';

const PERIOD_MS_DEFAULT = 30 * 86_400_000;
const SECOND_MS = 1000;
const BUDGETING_METHODS = ['Occurrences', 'Timeslices', 'RatioTimeslices'];

const sloSchema = object({
  apiVersion: required(anything('openslo/v1'), 'openslo/v1'),
  kind: required(anything('SLO'), 'SLO'),
  metadata: required(metadataSchema, 'Name and annotations.'),
  spec: required(specSchema, 'The objective.'),
});
type Slo = NonNullable<ReturnType<(typeof sloSchema)['read']>>;

/** What other documents of the folder offer an SLO. */
export interface Surroundings {
  /** SLIs by name; undefined as a value when the SLI itself has problems. */
  readonly indicators: ReadonlyMap<string, ReadIndicator | undefined>;
  /** The text of this file, for positions inside block scalars. */
  readonly text: string;
}

/** Undefined after a problem of severity error was added. */
export function readSlo(
  root: ConfigNode,
  context: ReadContext,
  surroundings: Surroundings,
): SloDocument | undefined {
  const before = context.problems.length;
  const slo = sloSchema.read(root, '', context);
  if (slo === undefined) return undefined;
  const written = readParts(slo, root, context, surroundings);
  if (context.problems.slice(before).some((problem) => problem.severity === 'error')) return undefined;
  return written === undefined ? undefined : assemble(slo, written, `${context.file}:${root.place.line}`);
}

interface Parts extends ReadAnnotations {
  readonly indicator: ReadIndicator | undefined;
  readonly objective: ReadObjective;
  readonly periodMs: number;
  readonly policies: readonly PlacedPolicy[];
}

function readParts(
  slo: Slo,
  root: ConfigNode,
  context: ReadContext,
  surroundings: Surroundings,
): Parts | undefined {
  const path = 'metadata.annotations';
  const annotations = readAnnotations(slo.metadata.annotations, path, context, surroundings.text);
  checkBudgetingMethod(slo, root, context);
  const periodMs = readPeriod(slo, context);
  const indicator = findIndicator(slo, context, surroundings);
  const objective = readObjective(slo.spec.objectives, indicator?.thresholdMetric !== undefined, context);
  if (indicator !== undefined && annotations.extension !== undefined) {
    refuseBoth(annotations.extension, context);
  }
  const policies = readPolicies(annotations.extension, periodMs, context);
  if (objective === undefined) return undefined;
  warnOfSilentPolicies(policies, objective, context);
  return { ...annotations, indicator, objective, periodMs, policies };
}

function assemble(slo: Slo, parts: Parts, definedAt: string): SloDocument {
  const { service, description } = slo.spec;
  const { name, displayName = name } = slo.metadata;
  const { extension, indicator, objective } = parts;
  return {
    id: `${service}/${name}`,
    name,
    displayName,
    description,
    service,
    objective: objective.ratio,
    periodMs: parts.periodMs,
    selector: selectorOf(indicator?.spans ?? extension?.spans ?? {}, service),
    indicator: indicator?.ratio ?? judgedBy(thresholdOf(parts)),
    policies: parts.policies.map(({ value }) => value),
    badEventsMin: extension?.badEventsMin ?? BAD_EVENTS_MIN_DEFAULT,
    annotations: parts.annotations,
    definedAt,
  };
}

function thresholdOf({ objective, indicator, extension }: Parts): number | undefined {
  return objective.thresholdMs ?? indicator?.thresholdMs ?? extension?.threshold;
}

function judgedBy(thresholdMs: number | undefined): Indicator {
  return thresholdMs === undefined ? { kind: 'availability' } : { kind: 'latency', thresholdMs };
}

function checkBudgetingMethod(slo: Slo, root: ConfigNode, context: ReadContext): void {
  const method = slo.spec.budgetingMethod;
  if (method === 'Occurrences') return;
  const near = nearestName(method, BUDGETING_METHODS);
  const known = BUDGETING_METHODS.includes(method);
  const what = known ? `${method} is not supported yet` : `${method} is not known here`;
  const hint = known || near === undefined ? 'expected Occurrences' : `did you mean ${near}?`;
  const place = placeOf(root, ['spec', 'budgetingMethod']);
  complain(context, place, 'spec.budgetingMethod', `${what}; ${hint}`);
}

function readPeriod(slo: Slo, context: ReadContext): number {
  const windows = slo.spec.timeWindow;
  const path = 'spec.timeWindow';
  if (windows === undefined) return PERIOD_MS_DEFAULT;
  const window = windows.value[0];
  if (window === undefined || windows.value.length > 1) {
    complain(context, windows.place, path, `exactly one window is expected, got ${windows.value.length}`);
    return PERIOD_MS_DEFAULT;
  }
  if (window.calendar !== undefined || !window.isRolling) {
    const place = window.calendar?.place ?? window.duration.place;
    complain(context, place, path, 'calendar windows are not supported yet; expected isRolling: true');
  }
  return window.duration.value;
}

function findIndicator(
  slo: Slo,
  context: ReadContext,
  surroundings: Surroundings,
): ReadIndicator | undefined {
  const { indicator, indicatorRef } = slo.spec;
  if (indicator !== undefined && indicatorRef !== undefined) {
    return complain(context, indicatorRef.place, 'spec', 'indicator and indicatorRef exclude each other');
  }
  if (indicator !== undefined) return readInline(indicator, context);
  if (indicatorRef === undefined) return undefined;
  if (surroundings.indicators.has(indicatorRef.value)) {
    const found = surroundings.indicators.get(indicatorRef.value);
    const message = `the SLI ${indicatorRef.value} has problems of its own`;
    return found ?? complain(context, indicatorRef.place, 'spec.indicatorRef', message);
  }
  const near = nearestName(indicatorRef.value, surroundings.indicators.keys());
  const hint = near === undefined ? 'no document of kind SLI has this name' : `did you mean ${near}?`;
  const message = `there is no SLI ${indicatorRef.value}; ${hint}`;
  return complain(context, indicatorRef.place, 'spec.indicatorRef', message);
}

const inlineSchema = object({
  metadata: required(metadataSchema, 'Name of the SLI.'),
  spec: required(anything('a map with ratioMetric or thresholdMetric'), 'The SLI.'),
});

function readInline(node: ConfigNode, context: ReadContext): ReadIndicator | undefined {
  const inline = inlineSchema.read(node, 'spec.indicator', context);
  return inline === undefined ? undefined : readIndicator(inline.spec, 'spec.indicator.spec', context);
}

function refuseBoth(extension: Extension, context: ReadContext): void {
  for (const key of ['spans', 'threshold'] as const) {
    if (extension[key] === undefined) continue;
    const path = `metadata.annotations.${ANNOTATION_KEY}.${key}`;
    complain(
      context,
      extension.place,
      path,
      `${key} is given here and by the indicator; one of them is enough`,
    );
  }
}

interface PlacedPolicy {
  readonly value: BurnPolicy;
  /** Undefined for a default. */
  readonly place: Place | undefined;
}

function readPolicies(
  extension: Extension | undefined,
  periodMs: number,
  context: ReadContext,
): readonly PlacedPolicy[] {
  const written = extension?.burnPolicies;
  if (extension === undefined || written === undefined) {
    return defaultPolicies(periodMs).map((value) => ({ value, place: undefined }));
  }
  // Their places are relative to the annotation, so problems name the annotation itself.
  return written.flatMap((policy, index) => {
    const path = `metadata.annotations.${ANNOTATION_KEY}.burnPolicies[${index}]`;
    const value = readPolicy(policy, periodMs, (message) =>
      complain(context, extension.place, path, message),
    );
    return value === undefined ? [] : [{ value, place: extension.place }];
  });
}

type WrittenPolicy = NonNullable<Extension['burnPolicies']>[number];

function readPolicy(
  { value }: WrittenPolicy,
  periodMs: number,
  refuse: (message: string) => undefined,
): BurnPolicy | undefined {
  const { severity, long, short, factor, budgetPercent } = value;
  const shortWindowMs =
    short ?? Math.max(SECOND_MS, Math.round(long / SHORT_WINDOW_SHARE / SECOND_MS) * SECOND_MS);
  if (long > periodMs) return refuse('the long window is longer than the period of the SLO');
  if (shortWindowMs > long) return refuse('the short window is longer than the long one');
  if (factor !== undefined && budgetPercent === undefined) {
    return { severity, longWindowMs: long, shortWindowMs, factor };
  }
  if (factor === undefined && budgetPercent !== undefined) {
    return { severity, longWindowMs: long, shortWindowMs, factor: factorOf(budgetPercent, periodMs, long) };
  }
  return refuse('exactly one of factor and budgetPercent is expected');
}

function warnOfSilentPolicies(
  policies: readonly PlacedPolicy[],
  objective: ReadObjective,
  context: ReadContext,
): void {
  for (const { value, place } of policies) {
    const reason = neverFires(value, objective.ratio);
    if (reason !== undefined) context.problems.push(warning(context, place ?? objective.place, reason));
  }
  if (
    policies.every(
      ({ value }) => value.severity !== 'page' || neverFires(value, objective.ratio) !== undefined,
    )
  ) {
    const message = 'nothing of this SLO can ever page';
    context.problems.push(warning(context, objective.place, message));
  }
}

function warning(context: ReadContext, place: Place, message: string): Problem {
  return {
    file: context.file,
    line: place.line,
    column: place.column,
    path: '',
    severity: 'warning',
    message,
  };
}

function placeOf(node: ConfigNode, keys: readonly string[]): Place {
  let current = node;
  for (const key of keys) {
    const entry =
      current.kind === 'map' ? current.entries.find((candidate) => candidate.key === key) : undefined;
    if (entry === undefined) return current.place;
    current = entry.value;
  }
  return current.place;
}
