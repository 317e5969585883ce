/**
 * The unit of a query's values, guessed from its text by the naming rules of
 * metrics. Only what is certain is guessed: a wrong unit is worse than none.
 */

export interface QueryUnit {
  readonly unit: 'number' | 'duration-ms' | 'share' | 'rate' | 'bytes';
  /** What values are multiplied with before they are shown in the unit. */
  readonly factor: number;
  /** The values are of single observations, so an exemplar stands on the same scale. */
  readonly observed: boolean;
}

const PLAIN: QueryUnit = { unit: 'number', factor: 1, observed: false };
const SHARE: QueryUnit = { unit: 'share', factor: 1, observed: false };
const RATE: QueryUnit = { unit: 'rate', factor: 1, observed: false };

/** Units that the end of a name tells. */
const SUFFIXES: readonly (readonly [suffix: string, unit: QueryUnit['unit'], factor: number])[] = [
  ['_milliseconds', 'duration-ms', 1],
  ['_time_seconds', 'number', 1],
  ['_timestamp_seconds', 'number', 1],
  ['_seconds', 'duration-ms', 1000],
  ['_bytes', 'bytes', 1],
  ['_ratio', 'share', 1],
];

/** Functions and aggregations whose result has the unit of what they are given. */
const KEEPING =
  /^(?:sum|avg|min|max|topk|bottomk|limitk|limit_ratio|quantile|(?:avg|min|max|last|quantile)_over_time|sort|sort_desc|abs|clamp_min|clamp_max)$/;
const RATES = /^(?:rate|irate)$/;
const SELECTOR = /^([a-zA-Z_:][\w:]*)\s*(?:\{[^}]*\})?\s*(?:\[[^\]]*\])?(?:\s*offset\s+\w+)?$/;

export function unitOf(query: string): QueryUnit {
  const text = query.trim();
  const name = SELECTOR.exec(text)?.[1];
  if (name !== undefined) return unitOfName(name);
  const call = callOf(text);
  if (call === undefined) return PLAIN;
  const { name: called, body } = call;
  if (called === 'histogram_quantile') return quantileUnit(body);
  if (called === 'histogram_fraction') return SHARE;
  // A rate of seconds is a share of time and of bytes a throughput: only counts are so many a second.
  if (RATES.test(called)) return /(?:_total|_count)\s*(?:\{[^}]*\})?\s*\[/.test(body) ? rateOf(body) : PLAIN;
  return KEEPING.test(called) ? unitOf(lastArgument(body)) : PLAIN;
}

function rateOf(body: string): QueryUnit {
  const name = SELECTOR.exec(body.trim())?.[1] ?? '';
  return /_(?:seconds|milliseconds|bytes)_total$/.test(name) ? PLAIN : RATE;
}

function quantileUnit(body: string): QueryUnit {
  const bucket = /([a-zA-Z_:][\w:]*)_bucket\b/.exec(body)?.[1];
  return bucket === undefined ? PLAIN : { ...unitOfName(bucket), observed: true };
}

/** Of single observations of a series, which may be one of several of a histogram. */
export function unitOfSeries(name: string): QueryUnit {
  return unitOfName(name.replace(/_(?:bucket|total|sum|count)$/, ''));
}

function unitOfName(name: string): QueryUnit {
  const found = SUFFIXES.find(([suffix]) => name.endsWith(suffix));
  return found === undefined ? PLAIN : { unit: found[1], factor: found[2], observed: false };
}

/** `name by (…) (body)` that spans the whole text; undefined for anything else. */
function callOf(text: string): { readonly name: string; readonly body: string } | undefined {
  const head = /^([a-z_]+)\s*(?:(?:by|without)\s*\([^)]*\)\s*)?\(/.exec(text);
  if (head === null) return undefined;
  const [all, name = ''] = head;
  const end = closing(text, all.length);
  const rest = text.slice(end + 1).trim();
  if (end === -1 || !/^(?:(?:by|without)\s*\([^)]*\))?$/.test(rest)) return undefined;
  return { name, body: text.slice(all.length, end) };
}

/** Index of the bracket that closes the one before `from`; −1 when none does. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let index = from; index < text.length; index += 1) {
    const char = text[index];
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

/** `topk(5, x)` is about x. Commas within braces and brackets belong to the argument. */
function lastArgument(body: string): string {
  let depth = 0;
  let start = 0;
  for (let index = 0; index < body.length; index += 1) {
    const char = body.charAt(index);
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    else if (char === ',' && depth === 0) start = index + 1;
  }
  return body.slice(start);
}
