/** Functions of one value. */
import type {
  CallSite,
  ElementFunction,
  FunctionTable,
  ValueFunction,
} from '#promql/engine/functions/table.ts';
import { scalarArgument, vectorArgument } from '#promql/engine/functions/arguments.ts';
import { mapValues } from '#promql/engine/functions/map.ts';
import { vectorOf, type Value } from '#promql/engine/values.ts';

function element(evaluate: (value: number) => number): ElementFunction {
  return { kind: 'element', evaluate };
}

/** Ties go up; computed with the inverse, which keeps 0.1 and the like exact. */
function roundTo(value: number, to: number): number {
  const inverse = 1 / to;
  return Math.floor(value * inverse + 0.5) / inverse;
}

function round(args: readonly Value[], site: CallSite): Value {
  const to = args.length > 1 ? scalarArgument(args, 1) : undefined;
  return vectorOf(
    mapValues(vectorArgument(args, 0), site.context, (value, step) => roundTo(value, to?.[step] ?? 1)),
  );
}

/** The larger number as Go has it: an infinity wins over NaN, NaN over the rest. */
function larger(left: number, right: number): number {
  return left === Infinity || right === Infinity ? Infinity : Math.max(left, right);
}

function smaller(left: number, right: number): number {
  return left === -Infinity || right === -Infinity ? -Infinity : Math.min(left, right);
}

function ofTwoScalars(choose: (left: number, right: number) => number): ValueFunction {
  return {
    kind: 'values',
    evaluate: (args) => {
      const right = scalarArgument(args, 1);
      const values = scalarArgument(args, 0).map((left, step) => choose(left, right[step] ?? NaN));
      return { kind: 'scalar', values };
    },
  };
}

function clamp(args: readonly Value[], site: CallSite): Value {
  const low = scalarArgument(args, 1);
  const high = scalarArgument(args, 2);
  return vectorOf(
    mapValues(vectorArgument(args, 0), site.context, (value, step) => {
      const min = low[step] ?? NaN;
      const max = high[step] ?? NaN;
      return min > max ? undefined : larger(min, smaller(max, value));
    }),
  );
}

function clampTo(limit: (value: number, bound: number) => number) {
  return (args: readonly Value[], site: CallSite): Value => {
    const bound = scalarArgument(args, 1);
    return vectorOf(
      mapValues(vectorArgument(args, 0), site.context, (value, step) => limit(value, bound[step] ?? NaN)),
    );
  };
}

export const MATH_FUNCTIONS: FunctionTable = {
  abs: element(Math.abs),
  ceil: element(Math.ceil),
  floor: element(Math.floor),
  sgn: element(Math.sign),
  sqrt: element(Math.sqrt),
  exp: element(Math.exp),
  ln: element(Math.log),
  log2: element(Math.log2),
  log10: element(Math.log10),
  sin: element(Math.sin),
  cos: element(Math.cos),
  tan: element(Math.tan),
  asin: element(Math.asin),
  acos: element(Math.acos),
  atan: element(Math.atan),
  sinh: element(Math.sinh),
  cosh: element(Math.cosh),
  tanh: element(Math.tanh),
  asinh: element(Math.asinh),
  acosh: element(Math.acosh),
  atanh: element(Math.atanh),
  deg: element((value) => (value * 180) / Math.PI),
  rad: element((value) => (value * Math.PI) / 180),
  round: { kind: 'values', evaluate: round },
  clamp: { kind: 'values', evaluate: clamp },
  clamp_min: { kind: 'values', evaluate: clampTo(larger) },
  clamp_max: { kind: 'values', evaluate: clampTo(smaller) },
  max_of: ofTwoScalars(larger),
  min_of: ofTwoScalars(smaller),
  pi: {
    kind: 'values',
    evaluate: (_args, { context }) => ({
      kind: 'scalar',
      values: new Float64Array(context.grid.count).fill(Math.PI),
    }),
  },
};
