/** Reads an experiment file: every problem with its place, or an experiment that can be run. */
import {
  boolean,
  choice,
  duration,
  list,
  mapped,
  notSupportedYet,
  object,
  optional,
  record,
  required,
  section,
  text,
  withDefault,
  type ReadContext,
  type Schema,
} from '#base/config/schema.ts';
import { parseYaml, type ConfigNode } from '#base/config/yaml.ts';
import type { Problem } from '#base/problem.ts';
import { LEASE_MS_DEFAULT, LEASE_MS_MAX, LEASE_MS_MIN } from '#chaos/core/lease.ts';
import { readParameters, type ParameterValues } from '#chaos/core/parameters.ts';
import {
  DEMO_VARIABLES,
  type Expectations,
  type Experiment,
  type FaultStep,
  type HttpCall,
  type HttpStep,
  type MethodStep,
} from '#chaos/experiment/core/model.ts';
import { anything, isScalar, seconds, template, tolerance } from '#chaos/experiment/core/schema.ts';
import type { FaultDefinition } from '#chaos/faults/fault.ts';

export interface ParsedExperiment {
  /** Undefined when there are errors. */
  readonly experiment: Experiment | undefined;
  readonly problems: readonly Problem[];
}

/** An hour: an experiment is watched by somebody. */
const WAIT_MS_MAX = 3_600_000;
const TIMEOUT_MS_DEFAULT = 3000;
const TIMEOUT_MS_MAX = 60_000;
/** Abort conditions are looked at this often, so that an abort takes at most a second. */
const ABORT_EVERY_MS_DEFAULT = 500;
const ABORT_EVERY_MS_MAX = 1000;
const RECOVER_MS_DEFAULT = 30_000;

/** @param faults those there are; what a step asks of one is checked here, not in the middle of a run */
export function parseExperiment(
  file: string,
  source: string,
  faults: readonly FaultDefinition[],
): ParsedExperiment {
  const { roots, problems: found } = parseYaml(file, source);
  const problems = [...found];
  const [root] = roots;
  if (root === undefined) {
    if (problems.length === 0) problems.push(wholeFile(file, 'the file is empty; expected an experiment'));
    return { experiment: undefined, problems };
  }
  const context: ReadContext = { file, problems };
  const known = [...DEMO_VARIABLES, ...configurationNames(root)];
  const read = experimentSchema(new Map(faults.map((fault) => [fault.name, fault])), known).read(
    root,
    '',
    context,
  );
  return { experiment: problems.length === 0 ? read : undefined, problems };
}

function wholeFile(file: string, message: string): Problem {
  return { file, line: 0, column: 0, path: '', severity: 'error', message };
}

function configurationNames(root: ConfigNode): readonly string[] {
  if (root.kind !== 'map') return [];
  const configuration = root.entries.find(({ key }) => key === 'configuration')?.value;
  return configuration?.kind === 'map' ? configuration.entries.map(({ key }) => key) : [];
}

type Faults = ReadonlyMap<string, FaultDefinition>;

function experimentSchema(faults: Faults, known: readonly string[]): Schema<Experiment> {
  const probe = probeSchema(known);
  const file = object({
    version: optional(text(), "Of Chaos Toolkit's format; not looked at."),
    title: required(text(), 'What is tried, in a line.'),
    description: withDefault(text(), '', 'Why, and what should happen.'),
    tags: optional(list(text()), 'Not looked at.'),
    configuration: withDefault(record(text()), {}, 'Texts for ${name}.'),
    'steady-state-hypothesis': section(
      object({
        title: withDefault(text(), 'steady state', 'What holds when all is well.'),
        probes: withDefault(list(probe), [], 'Each must be tolerated, before and after.'),
      }),
      'What must hold before the method and after it.',
    ),
    method: required(list(stepSchema(faults, known)), 'What is done, in this order.'),
    rollbacks: withDefault(list(callSchema(known)), [], 'Done at the end, however it went.'),
    abort: section(
      object({
        every: withDefault(
          duration({ minMs: 50, maxMs: ABORT_EVERY_MS_MAX }),
          ABORT_EVERY_MS_DEFAULT,
          'How often its probes are asked.',
        ),
        probes: withDefault(list(probe), [], 'One that is not tolerated ends the method at once.'),
      }),
      'When to give up.',
    ),
    expect: section(expectSchema(), 'What the platform has to say.'),
    lease: withDefault(
      duration({ minMs: LEASE_MS_MIN, maxMs: LEASE_MS_MAX }),
      LEASE_MS_DEFAULT,
      'Faults end so long after the run was last heard of.',
    ),
    sham: withDefault(boolean(), false, 'Announce the faults, do nothing.'),
    recover: withDefault(
      duration({ minMs: 0, maxMs: WAIT_MS_MAX }),
      RECOVER_MS_DEFAULT,
      'How long the steady state may take to come back.',
    ),
    secrets: notSupportedYet('put plain texts under configuration'),
    controls: notSupportedYet('leave it out'),
    runtime: notSupportedYet('the hypothesis is tried before and after, and rollbacks are always done'),
  });
  return mapped(file, (value) => ({
    title: value.title,
    description: value.description,
    hypothesis: value['steady-state-hypothesis'],
    method: value.method,
    rollbacks: value.rollbacks,
    abort: { everyMs: value.abort.every, probes: value.abort.probes },
    expect: value.expect,
    leaseMs: value.lease,
    sham: value.sham,
    recoverMs: value.recover,
    configuration: value.configuration,
  }));
}

function expectSchema(): Schema<Expectations> {
  const labels = record(text());
  const read = object({
    alerts: withDefault(
      list(
        object({
          labels: required(labels, 'All of them, equal.'),
          within: required(duration({ minMs: 1, maxMs: WAIT_MS_MAX }), 'From the begin of the first fault.'),
        }),
      ),
      [],
      'Alerts that must begin.',
    ),
    blame: optional(text(), 'Service the first of them must suspect.'),
    must_not_page: withDefault(list(labels), [], 'Alerts that must not begin.'),
  });
  return mapped(read, ({ alerts, blame, must_not_page: mustNotPage }) => ({
    alerts: alerts.map((alert) => ({ labels: alert.labels, withinMs: alert.within })),
    blame,
    mustNotPage,
  }));
}

const WAIT = seconds({ minMs: 0, maxMs: WAIT_MS_MAX });

/** Keys a step has whatever it does. */
function stepFields(known: readonly string[]) {
  return {
    type: required(choice(['probe', 'action']), 'A probe looks, an action does.'),
    name: required(text(), 'For the report.'),
    tolerance: optional(tolerance, 'What answer is right; none: any.'),
    pauses: section(
      object({
        before: withDefault(WAIT, 0, 'Before the step.'),
        after: withDefault(WAIT, 0, 'After it.'),
      }),
      'Waits around the step.',
    ),
    provider: required(providerSchema(known), 'Who does it.'),
  };
}

function providerSchema(known: readonly string[]) {
  return object({
    type: required(choice(['plimsoll', 'http']), 'plimsoll: a fault; http: a request.'),
    url: optional(
      template(text({ pattern: /^(?:https?:\/\/|\$\{)\S+$/, expected: 'an http URL' }), known),
      'http: where.',
    ),
    method: withDefault(choice(['GET', 'POST', 'PUT', 'DELETE']), 'GET', 'http: how.'),
    headers: withDefault(record(template(text(), known)), {}, 'http: headers.'),
    timeout: withDefault(
      seconds({ minMs: 1, maxMs: TIMEOUT_MS_MAX }),
      TIMEOUT_MS_DEFAULT,
      'http: for the whole answer.',
    ),
    arguments: optional(anything, 'http: the body, sent as JSON; plimsoll: parameters of the fault.'),
    fault: optional(text(), 'plimsoll: its name, see plimsoll chaos list.'),
    target: optional(text(), 'plimsoll: the service it strikes.'),
    for: optional(WAIT, 'plimsoll: the step lasts so long; none: the fault is on until the method ends.'),
  });
}

type StepFields = ReturnType<typeof stepFields>;
type RawStep = {
  [Name in keyof StepFields]: StepFields[Name] extends { readonly schema: Schema<infer T> } ? T : never;
};
type Complain = (message: string) => undefined;

function stepSchema(faults: Faults, known: readonly string[]): Schema<MethodStep> {
  return mapped(object(stepFields(known)), (step, complainHere) => {
    if (step.provider.type === 'http') return httpStep(step, complainHere);
    if (step.type === 'probe') return complainHere('a probe is type: http; plimsoll only acts');
    return faultStep(step, faults, complainHere);
  });
}

/** A probe of the hypothesis or of the abort conditions. */
function probeSchema(known: readonly string[]): Schema<HttpStep> {
  return mapped(object(stepFields(known)), (step, complainHere) =>
    step.type === 'probe' && step.provider.type === 'http'
      ? httpStep(step, complainHere)
      : complainHere('only probes of type http can stand here'),
  );
}

function callSchema(known: readonly string[]): Schema<HttpStep> {
  return mapped(object(stepFields(known)), (step, complainHere) =>
    step.provider.type === 'http'
      ? httpStep(step, complainHere)
      : complainHere('faults are taken back by themselves; only type http can stand here'),
  );
}

function httpStep(step: RawStep, complainHere: Complain): HttpStep | undefined {
  const { url, method, headers, timeout, arguments: body } = step.provider;
  if (url === undefined) return complainHere('provider.url is missing; expected an http URL');
  const call: HttpCall = { method, url, headers, body, timeoutMs: timeout };
  return { kind: step.type === 'probe' ? 'probe' : 'call', ...around(step), call, tolerance: step.tolerance };
}

function faultStep(step: RawStep, faults: Faults, complainHere: Complain): FaultStep | undefined {
  const { fault, target, for: forMs, arguments: given = {} } = step.provider;
  const definition = fault === undefined ? undefined : faults.get(fault);
  if (definition === undefined)
    return complainHere(
      `provider.fault: expected one of ${[...faults.keys()].join(', ')}, got ${fault ?? 'nothing'}`,
    );
  const { name, only } = definition;
  if (target === undefined ? only === undefined : only?.includes(target) === false)
    return complainHere(
      `provider.target: ${name} acts on ${only?.join(' or ') ?? 'a service, which must be named'}`,
    );
  const parameters = faultParameters(definition, given, complainHere);
  return parameters && { kind: 'fault', ...around(step), fault: name, target, parameters, forMs };
}

function faultParameters(
  { name, parameters }: FaultDefinition,
  given: unknown,
  complainHere: Complain,
): ParameterValues | undefined {
  if (typeof given !== 'object' || given === null || !Object.values(given).every(isScalar))
    return complainHere(`provider.arguments: expected the parameters of ${name}`);
  const read = readParameters(parameters, given as Readonly<Record<string, unknown>>);
  return 'values' in read ? read.values : complainHere(`provider.arguments: ${read.problems.join('; ')}`);
}

function around({ name, pauses }: RawStep): Pick<FaultStep, 'name' | 'pauseBeforeMs' | 'pauseAfterMs'> {
  return { name, pauseBeforeMs: pauses.before, pauseAfterMs: pauses.after };
}
