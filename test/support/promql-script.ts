/**
 * Scripts of PromQL cases:
 *
 *   load 10s
 *     http_requests_total{code="200"}  0+5x60 _x3 stale
 *   eval instant at 5m rate(http_requests_total[1m])
 *     expect no_warn
 *     {code="200"} 0.5
 *   eval range from 0 to 10m step 1m sum by (code) (http_requests_total)
 *     {code="200"} 0 30 60
 *
 * `clear` forgets what was loaded. Expectations: `expect ordered`, `expect fail
 * [text]`, `expect warn|info [text]`, `expect no_warn|no_info`, `expect string
 * "text"`; a bare number is a scalar. Without `expect warn|info` there must be
 * no such note where `no_…` says so. Each instant case also runs as the middle
 * step of a range query.
 */
import { parseDurationMs } from '#base/duration.ts';
import { present } from '#base/invariant.ts';
import { formatLabels, labelsKey } from '#promql/labels.ts';
import {
  evaluateInstant,
  evaluateOverRange,
  type EvaluationOptions,
  type QueryResult,
} from '#promql/evaluate.ts';
import { parseNumber } from '#promql/syntax/numbers.ts';
import { parseQuery, parseSeriesSelector } from '#promql/syntax/parser.ts';
import type { Labels } from '#signals/matchers.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { MemoryMetrics, type SeriesInput } from '#test/support/memory-metrics.ts';

type LoadedValue = number | 'stale' | undefined;

/** One `eval` with the lines under it. */
export interface ScriptCase {
  readonly line: number;
  readonly title: string;
  readonly run: () => Promise<readonly string[]>;
}

/** The cases of a script; each returns what is wrong, nothing when all is well. */
export function parseScript(script: string): readonly ScriptCase[] {
  const cases: ScriptCase[] = [];
  let loaded: SeriesInput[] = [];
  for (const block of blocksOf(script)) {
    const [command = '', ...rest] = block.head.split(/\s+/);
    switch (command) {
      case 'clear':
        loaded = [];
        break;
      case 'load':
        loaded = [...loaded, ...block.body.map((line) => parseLoad(line, durationOf(rest[0] ?? '')))];
        break;
      case 'eval': {
        const metrics = new MemoryMetrics(loaded);
        cases.push({ line: block.line, title: block.head, run: () => runCase(block, metrics) });
        break;
      }
      default:
        throw new Error(`line ${block.line}: unknown command ${command}`);
    }
  }
  return cases;
}

interface Block {
  readonly line: number;
  readonly head: string;
  readonly body: readonly string[];
}

function blocksOf(script: string): readonly Block[] {
  const blocks: { line: number; head: string; body: string[] }[] = [];
  for (const [index, raw] of script.split('\n').entries()) {
    const text = raw.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (/^\s/.test(raw)) present(blocks.at(-1), 'a script starts with a command').body.push(text);
    else blocks.push({ line: index + 1, head: text, body: [] });
  }
  return blocks;
}

function durationOf(text: string): number {
  const seconds = parseNumber(text);
  return Math.round(present(seconds ?? parseDurationMs(text), `${text} is a duration`) * 1000);
}

function parseLoad(line: string, stepMs: number): SeriesInput {
  const { labels, rest } = splitSeries(line);
  const values = rest.split(/\s+/).flatMap(expandValues);
  const samples = values.flatMap((value, index) =>
    value === undefined ? [] : [[index * stepMs, value] as const],
  );
  return { labels, samples };
}

function splitSeries(line: string): { readonly labels: Labels; readonly rest: string } {
  const match = /^([a-zA-Z_:][\w:]*)?(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s*(.*)$/.exec(line);
  const [, name = '', braces = '', rest = ''] = match ?? [];
  const text = name + braces;
  const isEmpty = text === '' || text === '{}';
  const matchers = isEmpty ? [] : parseSeriesSelector(text).matchers;
  return { labels: Object.fromEntries(matchers.map((matcher) => [matcher.name, matcher.value])), rest };
}

/** `a+bxN`, `a-bxN`, `axN`, `_`, `_xN`, `stale`, or one number. */
function expandValues(text: string): readonly LoadedValue[] {
  if (text === 'stale') return ['stale'];
  const gap = /^_(?:x(\d+))?$/.exec(text);
  if (gap !== null) return Array.from({ length: Number(gap[1] ?? 1) }, () => undefined);
  const series = /^([-+]?(?:[\d.]+(?:e[-+]?\d+)?|inf|nan))(?:([-+][\d.]+(?:e[-+]?\d+)?))?x(\d+)$/i.exec(text);
  if (series === null) return [numberOf(text)];
  const first = numberOf(series[1] ?? '');
  const step = Number(series[2] ?? 0);
  return Array.from({ length: Number(series[3]) + 1 }, (_, index) => first + (step === 0 ? 0 : index * step));
}

function numberOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  return sign * present(parseNumber(text.replace(/^[-+]/, '')), `${text} is a number`);
}

interface Expectations {
  readonly notes: readonly (readonly [kind: string, text: string])[];
  readonly series: readonly { readonly labels: Labels; readonly values: readonly LoadedValue[] }[];
  readonly scalar: number | undefined;
}

function parseExpectations(body: readonly string[]): Expectations {
  const notes: [string, string][] = [];
  const series: { labels: Labels; values: readonly LoadedValue[] }[] = [];
  let scalar: number | undefined;
  for (const line of body) {
    const note = /^expect (\w+)\s*(.*)$/.exec(line);
    if (note !== null) notes.push([note[1] ?? '', note[2] ?? '']);
    else if (/^[-+]?(?:[\d.]+(?:e[-+]?\d+)?|inf|nan)$/i.test(line)) scalar = numberOf(line);
    else {
      const { labels, rest } = splitSeries(line);
      series.push({ labels, values: rest.split(/\s+/).flatMap(expandValues) });
    }
  }
  return { notes, series, scalar };
}

const RANGE = /^eval range from (\S+) to (\S+) step (\S+) (.*)$/;
const INSTANT = /^eval instant at (\S+) (.*)$/;

async function runCase(block: Block, metrics: MemoryMetrics): Promise<readonly string[]> {
  const expected = parseExpectations(block.body);
  const options: EvaluationOptions = { source: metrics, clock: new SimulatedClock(), timeoutMs: 10_000 };
  const instant = INSTANT.exec(block.head);
  if (instant !== null) {
    const timeMs = durationOf(instant[1] ?? '');
    const text = instant[2] ?? '';
    const result = await attempt(() => evaluateInstant(parseQuery(text), timeMs, options));
    const problems = compare(result, expected, [timeMs]);
    return [...problems, ...(await asMiddleStep(text, { timeMs, result, options }))];
  }
  const [, from = '', to = '', step = '', text = ''] = present(
    RANGE.exec(block.head),
    `line ${block.line} is no eval`,
  );
  const times = { startMs: durationOf(from), endMs: durationOf(to), stepMs: durationOf(step) };
  const result = await attempt(() => evaluateOverRange(parseQuery(text), times, options));
  const grid: number[] = [];
  for (let timeMs = times.startMs; timeMs <= times.endMs; timeMs += times.stepMs) grid.push(timeMs);
  return compare(result, expected, grid);
}

type Outcome = QueryResult | Error;

async function attempt(run: () => Promise<QueryResult>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

interface Middle {
  readonly timeMs: number;
  readonly result: Outcome;
  readonly options: EvaluationOptions;
}

/** The same expression as the second of three steps must say the same at that step. */
async function asMiddleStep(text: string, { timeMs, result, options }: Middle): Promise<readonly string[]> {
  const dependsOnBounds = /start\(\)|end\(\)|step\(\)|range\(\)/.test(text);
  if (result instanceof Error || result.value.type !== 'vector' || dependsOnBounds) return [];
  const times = { startMs: timeMs - 73_000, endMs: timeMs + 73_000, stepMs: 73_000 };
  const over = await attempt(() => evaluateOverRange(parseQuery(text), times, options));
  // Another step of the range may fail where this one does not.
  if (over instanceof Error || over.value.type !== 'matrix') return [];
  const found = new Map<string, number>();
  for (const series of over.value.series) {
    const index = series.timesMs.indexOf(timeMs);
    if (index >= 0) found.set(labelsKey(series.labels), series.values[index] ?? NaN);
  }
  const problems = result.value.samples.flatMap(({ labels, value }) =>
    isClose(found.get(labelsKey(labels)), value)
      ? []
      : [`as a middle step ${formatLabels(labels)} is ${found.get(labelsKey(labels))}, not ${value}`],
  );
  if (found.size !== result.value.samples.length)
    problems.push(`as a middle step there are ${found.size} series`);
  return problems;
}

function compare(result: Outcome, expected: Expectations, grid: readonly number[]): readonly string[] {
  const failure = expected.notes.find(([kind]) => kind === 'fail');
  if (result instanceof Error) {
    if (failure === undefined) return [`failed: ${result.message}`];
    return result.message.includes(failure[1])
      ? []
      : [`failed with "${result.message}", not "${failure[1]}"`];
  }
  if (failure !== undefined) return ['did not fail'];
  return [...compareNotes(result, expected), ...compareValue(result, expected, grid)];
}

function compareNotes(result: QueryResult, { notes }: Expectations): readonly string[] {
  const byKind: Readonly<Record<string, readonly string[]>> = { warn: result.warnings, info: result.infos };
  return notes.flatMap(([kind, text]) => {
    const forbidden = byKind[kind.replace('no_', '')];
    if (forbidden === undefined) return [];
    if (kind.startsWith('no_')) return forbidden.map((note) => `unexpected note: ${note}`);
    const found = forbidden.some((note) => note.includes(text));
    return found ? [] : [`no ${kind} with "${text}" among ${JSON.stringify(forbidden)}`];
  });
}

function compareValue(
  { value }: QueryResult,
  expected: Expectations,
  grid: readonly number[],
): readonly string[] {
  switch (value.type) {
    case 'scalar':
      return isClose(value.value, expected.scalar ?? 'stale')
        ? []
        : [`scalar ${value.value}, not ${expected.scalar}`];
    case 'string': {
      const wanted = expected.notes.find(([kind]) => kind === 'string')?.[1];
      return JSON.stringify(value.value) === wanted ? [] : [`string "${value.value}", not ${wanted}`];
    }
    case 'vector': {
      const actual = value.samples.map((sample) => ({ labels: sample.labels, values: [sample.value] }));
      return compareSeries(actual, expected);
    }
    case 'matrix': {
      const actual = value.series.map(({ labels, timesMs, values }) => ({
        labels,
        values: grid.map((timeMs) => {
          const index = timesMs.indexOf(timeMs);
          return index < 0 ? undefined : values[index];
        }),
      }));
      return compareSeries(actual, expected);
    }
  }
}

type Row = Expectations['series'][number];

function compareSeries(actual: readonly Row[], { series, notes }: Expectations): readonly string[] {
  const problems: string[] = [];
  const byKey = new Map(actual.map((row) => [labelsKey(row.labels), row]));
  for (const wanted of series) {
    const row = byKey.get(labelsKey(wanted.labels));
    byKey.delete(labelsKey(wanted.labels));
    if (row === undefined) problems.push(`missing ${formatLabels(wanted.labels)}`);
    else if (!sameValues(row.values, wanted.values)) {
      problems.push(`${formatLabels(row.labels)} is ${row.values.join(' ')}, not ${wanted.values.join(' ')}`);
    }
  }
  for (const row of byKey.values())
    problems.push(`unexpected ${formatLabels(row.labels)} ${row.values.join(' ')}`);
  const isOrdered = notes.some(([kind]) => kind === 'ordered');
  const order = (rows: readonly Row[]): string => rows.map(({ labels }) => labelsKey(labels)).join('\n');
  if (isOrdered && order(actual) !== order(series)) problems.push('the order differs');
  return problems;
}

function sameValues(actual: readonly LoadedValue[], wanted: readonly LoadedValue[]): boolean {
  const length = Math.max(actual.length, wanted.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [actual[index], wanted[index]];
    if (left === undefined || right === undefined ? left !== right : !isClose(left, right)) return false;
  }
  return true;
}

function isClose(left: LoadedValue, right: LoadedValue): boolean {
  if (typeof left !== 'number' || typeof right !== 'number') return left === right;
  if (Object.is(left, right) || left === right) return true;
  return Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right));
}
