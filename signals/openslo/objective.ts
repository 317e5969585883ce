/** The objective of an SLO: a ratio below 1, and the bounds people get wrong. */
import { complain, type ReadContext, type Schema } from '#base/config/schema.ts';
import type { Place } from '#base/config/yaml.ts';
import type { Located, objectiveSchema } from '#signals/openslo/schemas.ts';

export interface ReadObjective {
  /** In (0, 1). */
  readonly ratio: number;
  /** Only with a thresholdMetric. */
  readonly thresholdMs: number | undefined;
  readonly place: Place;
}

type Written = typeof objectiveSchema extends Schema<infer T> ? T : never;
const PATH = 'spec.objectives';

/**
 * @param withThreshold whether the indicator takes its threshold from here
 */
export function readObjective(
  objectives: Located<readonly Located<Written>[]>,
  withThreshold: boolean,
  context: ReadContext,
): ReadObjective | undefined {
  const first = objectives.value[0];
  if (first === undefined || objectives.value.length > 1) {
    const message = `exactly one objective is expected, got ${objectives.value.length}`;
    return complain(context, objectives.place, PATH, message);
  }
  const { value: written, place } = first;
  for (const key of UNSUPPORTED) {
    const node = written[key];
    if (node !== undefined) complain(context, node.place, `${PATH}[0].${key}`, `${key} is not supported yet`);
  }
  const threshold = readThreshold(written, withThreshold, place, context);
  const ratio = readRatio(written, place, context);
  if (ratio === undefined || threshold === undefined) return undefined;
  return { ratio: ratio.value, thresholdMs: threshold.ms, place: ratio.place };
}

const UNSUPPORTED = [
  'timeSliceTarget',
  'timeSliceWindow',
  'compositeWeight',
  'indicator',
  'indicatorRef',
] as const;

function readRatio(written: Written, place: Place, context: ReadContext): Located<number> | undefined {
  const { target, targetPercent } = written;
  if (target !== undefined && targetPercent !== undefined) {
    return complain(
      context,
      targetPercent.place,
      `${PATH}[0]`,
      'target and targetPercent exclude each other',
    );
  }
  if (target !== undefined) return checkTarget(target, context);
  if (targetPercent !== undefined) return checkPercent(targetPercent, context);
  return complain(context, place, `${PATH}[0]`, 'target is missing; expected a ratio such as 0.999');
}

function checkTarget(target: Located<number>, context: ReadContext): Located<number> | undefined {
  const { value, place } = target;
  const refuse = (message: string): undefined => complain(context, place, `${PATH}[0].target`, message);
  if (value === 1) return refuse('an objective of 100 % leaves no budget to spend; expected less than 1');
  if (value > 1 && value < 100) {
    return refuse(`target is a ratio: write ${tidy(value / 100)}, or targetPercent: ${value}`);
  }
  if (!(value > 0 && value < 1)) return refuse('expected a ratio above 0 and below 1, such as 0.999');
  if (value < 0.5)
    warn(context, place, 'target', `an objective of ${tidy(value * 100)} % is unusual; is it meant?`);
  return target;
}

function checkPercent(target: Located<number>, context: ReadContext): Located<number> | undefined {
  const { value, place } = target;
  const refuse = (message: string): undefined =>
    complain(context, place, `${PATH}[0].targetPercent`, message);
  if (value === 100) return refuse('an objective of 100 % leaves no budget to spend; expected less than 100');
  if (!(value > 0 && value < 100)) return refuse('expected a percentage above 0 and below 100, such as 99.9');
  if (value <= 1) {
    const message = `${value} % is less than one in a hundred; write ${tidy(value * 100)}, or target: ${value}`;
    warn(context, place, 'targetPercent', message);
  }
  return { value: tidy(value / 100), place };
}

function readThreshold(
  written: Written,
  wanted: boolean,
  place: Place,
  context: ReadContext,
): { readonly ms: number | undefined } | undefined {
  const { op, value } = written;
  if (!wanted) {
    const extra = op ?? value;
    if (extra === undefined) return { ms: undefined };
    const message = 'op and value belong to a thresholdMetric; this indicator has none';
    return complain(context, extra.place, `${PATH}[0]`, message);
  }
  if (op !== undefined && op.value.startsWith('g')) {
    const message = 'a span is good when it is not longer than the value; expected lte or lt';
    return complain(context, op.place, `${PATH}[0].op`, message);
  }
  if (value === undefined) {
    return complain(context, place, `${PATH}[0]`, 'value is missing; expected the threshold in seconds');
  }
  return { ms: tidy(value.value * 1000) };
}

function warn(context: ReadContext, place: Place, field: string, message: string): void {
  const path = `${PATH}[0].${field}`;
  context.problems.push({
    file: context.file,
    line: place.line,
    column: place.column,
    path,
    severity: 'warning',
    message,
  });
}

/** Without the dust of decimal fractions: 99.9 / 100 is 0.999. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
