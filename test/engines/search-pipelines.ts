/** Pipeline aggregations as panels ask them, drawn at random, with scripts of whole and broken numbers. */
import type { Random } from '#base/random.ts';
import { one } from '#test/engines/search-corpus.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * What paths lead to: values for every bucket, for some, and of several kinds. All of whole
 * numbers: what a difference leaves of two large numbers is else but the order of sums.
 */
export const PIPELINE_METRICS: Json = {
  s: { sum: { field: 'http.status' } },
  a: { avg: { field: 'sizes' } },
  n: { min: { field: 'sizes' } },
  st: { extended_stats: { field: 'http.status' } },
  p: { percentiles: { field: 'http.status', percents: [50, 99.5] } },
  v: { value_count: { field: 'latency' } },
};

export const METRIC_PATHS = [
  's',
  's.value',
  '_count',
  'a',
  'n',
  'v',
  'st.max',
  'st.sum_of_squares',
  'p[50.0]',
  'p[99.5]',
];

const chance = (random: Random, of: number): boolean => random.below(of) === 0;

/** Of one histogram, some of them made of others. */
export function drawHistogramPipelines(random: Random): Json {
  const paths = [...METRIC_PATHS, 'd', 'f'];
  const path = (): string => one(random, METRIC_PATHS);
  const any = (): string => one(random, paths);
  return {
    ...PIPELINE_METRICS,
    // Before those it is made of: what an order in the request does not decide.
    b: drawBucketScript(random, paths),
    m: { moving_fn: { buckets_path: any(), ...drawMoving(random), ...drawGaps(random) } },
    d: { derivative: { buckets_path: path(), ...drawGaps(random) } },
    c: { cumulative_sum: { buckets_path: any() } },
    e: { derivative: { buckets_path: any(), ...drawGaps(random) } },
    f: { serial_diff: { buckets_path: path(), ...drawLag(random), ...drawGaps(random) } },
  };
}

function drawGaps(random: Random): Json {
  return chance(random, 3) ? {} : { gap_policy: one(random, ['skip', 'insert_zeros', 'keep_values']) };
}

function drawLag(random: Random): Json {
  return chance(random, 3) ? {} : { lag: 1 + random.below(4) };
}

function drawMoving(random: Random): Json {
  return {
    window: 1 + random.below(12),
    script: drawMovingScript(random),
    ...(chance(random, 2) ? { shift: random.below(7) - 2 } : {}),
  };
}

function drawMovingScript(random: Random): unknown {
  const share = (): string => one(random, ['0.3', '0.05', '0.9', '1', '0']);
  const call = one(random, [
    'max(values)',
    'min(values)',
    'sum(values)',
    'unweightedAvg(values)',
    'linearWeightedAvg(values)',
    'stdDev(values, MovingFunctions.unweightedAvg(values))',
    'stdDev(values, MovingFunctions.linearWeightedAvg(values))',
    `ewma(values, ${share()})`,
    `holt(values, ${share()}, ${share()})`,
  ]);
  if (chance(random, 4)) return drawSeasons(random, [share(), share(), share()]);
  const script = one(random, [`MovingFunctions.${call}`, `return MovingFunctions.${call};`]);
  return chance(random, 3) ? { source: script } : script;
}

/** As panels guard it; now and then not, which is refused where a window is short. */
function drawSeasons(random: Random, shares: readonly string[]): string {
  const period = 1 + random.below(4);
  // By products alone zeros in the data bring figures that are nothing but rounding.
  const call = `MovingFunctions.holtWinters(values, ${shares.join(', ')}, ${period}, false)`;
  return one(random, [
    `if (values.length > ${period}*2) {${call}}`,
    `if (values.length >= ${period} * 2) { return ${call}; }`,
    call,
  ]);
}

export function drawBucketScript(random: Random, paths: readonly string[]): Json {
  const gaps = drawGaps(random);
  // Its scripts fail there on what a bucket lacks when zeros are asked for; they are no gaps.
  const some = gaps['gap_policy'] === 'insert_zeros' ? METRIC_PATHS : paths;
  const buckets_path = { var1: one(random, some), b: one(random, some) };
  const script = drawScript(random);
  return {
    bucket_script: {
      buckets_path,
      script: chance(random, 3) ? { source: `return ${script};`, lang: 'painless' } : script,
      ...gaps,
    },
  };
}

function drawScript(random: Random): string {
  const expression = drawExpression(random, 3);
  // Their last digits are not the same everywhere, which a ceiling or a remainder would show.
  if (chance(random, 8)) return `Math.${one(random, ['log', 'log10'])}(${expression})`;
  return chance(random, 10) ? `Math.pow(${expression}, ${one(random, ['2', '0.5', '-1'])})` : expression;
}

function drawExpression(random: Random, depth: number): string {
  if (depth === 0) return one(random, EXPRESSION_LEAVES);
  const inner = (): string => drawExpression(random, depth - 1);
  const operator = (): string => one(random, ['+', '-', '*']);
  const divisor = (): string =>
    one(random, [one(random, EXPRESSION_LEAVES), `Math.round(${inner()})`, `(${inner()} + 0.0)`]);
  return one<() => string>(random, [
    () => `${inner()} ${operator()} ${inner()}`,
    () => `${inner()} ${operator()} (${inner()})`,
    () => `(${inner()}) ${operator()} ${inner()}`,
    () => `${inner()} ${one(random, ['/', '%'])} ${divisor()}`,
    () => `(${inner()}) ${one(random, ['/', '%'])} ${divisor()}`,
    () => `- ${inner()}`,
    () => `(${drawCondition(random, depth - 1)} ? ${inner()} : ${inner()})`,
    () => `Math.${one(random, ['abs', 'ceil', 'floor', 'sqrt'])}(${inner()})`,
    () => `Math.round(${inner()})`,
    () => `Math.${one(random, ['max', 'min'])}(${inner()}, ${inner()})`,
    () => one(random, EXPRESSION_LEAVES),
  ])();
}

/**
 * No 0 among the ints, nor a divisor made of ints: where a division of whole numbers by zero is
 * plain to see it is refused there even in parts that are never reached.
 */
const EXPRESSION_LEAVES = [
  'params.var1',
  'params.var1',
  'params.b',
  'params.b',
  '1',
  '3',
  '100',
  '2147483647',
  '7L',
  '0.0',
  '0.5',
  '100.0',
  '1e3',
  '2d',
];

function drawCondition(random: Random, depth: number): string {
  const side = (): string => drawExpression(random, Math.min(depth, 1));
  const comparison = (): string => `${side()} ${one(random, ['<', '<=', '>', '>=', '==', '!='])} ${side()}`;
  if (depth === 0) return comparison();
  const inner = (): string => drawCondition(random, depth - 1);
  return one<() => string>(random, [
    comparison,
    () => `!(${inner()})`,
    () => `${inner()} && ${inner()}`,
    () => `(${inner()} || ${inner()})`,
  ])();
}
