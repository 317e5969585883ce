/**
 * PromQL the slow way, for comparison: random expressions, each with a reference
 * that looks at one step at a time, goes over all samples for each and shares no
 * code with the evaluator.
 */
import type { Random } from '#base/random.ts';
import type { SeriesInput } from '#test/support/memory-metrics.ts';
import { RANGE_FUNCTIONS } from '#test/support/naive-promql-ranges.ts';

export interface Element {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface GeneratedExpression {
  readonly text: string;
  /** The vector at one time. Throws where PromQL has no answer. */
  readonly at: (timeMs: number) => readonly Element[];
}

const LOOKBACK_MS = 300_000;

/** One of `items`, which may hold undefined as a choice of its own. */
function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.below(items.length)] as Item;
}

/** Counters and gauges with gaps, resets and staleness markers, off any grid. */
export function randomSeries(random: Random, endMs: number): SeriesInput[] {
  const inputs: SeriesInput[] = [];
  for (const name of ['a_total', 'b_total', 'g']) {
    for (const x of ['1', '2']) {
      for (const y of ['1', '2', '3']) {
        if (random.below(5) > 0) inputs.push(oneSeries(random, { __name__: name, x, y }, endMs));
      }
    }
  }
  return inputs;
}

function oneSeries(random: Random, labels: Readonly<Record<string, string>>, endMs: number): SeriesInput {
  const samples: [number, number | 'stale'][] = [];
  const isCounter = labels['__name__'] !== 'g';
  let value = random.below(50);
  for (let timeMs = random.below(400_000); timeMs < endMs; timeMs += 1000 + random.below(45_000)) {
    const dice = random.below(40);
    if (dice === 0) timeMs += random.below(500_000);
    if (dice === 1) samples.push([timeMs, 'stale']);
    else {
      if (dice === 2 && isCounter) value = random.below(5);
      else value += isCounter ? random.below(20) : random.below(21) - 10;
      samples.push([timeMs, value]);
    }
  }
  return { labels, samples };
}

interface Place {
  readonly random: Random;
  readonly series: readonly SeriesInput[];
}

interface SelectorShape {
  readonly name: string;
  readonly x: string | undefined;
  readonly offsetMs: number;
  readonly pinnedMs: number | undefined;
}

function randomShape({ random }: Place): SelectorShape {
  return {
    name: pick(random, ['a_total', 'b_total', 'g']),
    x: random.below(3) === 0 ? pick(random, ['1', '2']) : undefined,
    offsetMs: random.below(4) === 0 ? (random.below(600) - 200) * 1000 : 0,
    pinnedMs: random.below(8) === 0 ? random.below(3600) * 1000 : undefined,
  };
}

function shapeText({ name, x, offsetMs, pinnedMs }: SelectorShape, range: string): string {
  const matchers = x === undefined ? '' : `{x="${x}"}`;
  const at = pinnedMs === undefined ? '' : ` @ ${pinnedMs / 1000}`;
  const offset = offsetMs === 0 ? '' : ` offset ${offsetMs / 1000}s`;
  return name + matchers + range + at + offset;
}

function chosen({ series }: Place, { name, x }: SelectorShape): readonly SeriesInput[] {
  return series.filter(({ labels }) => labels['__name__'] === name && (x === undefined || labels['x'] === x));
}

function referenceOf({ offsetMs, pinnedMs }: SelectorShape, timeMs: number): number {
  return (pinnedMs ?? timeMs) - offsetMs;
}

function instant(place: Place): GeneratedExpression {
  const shape = randomShape(place);
  return {
    text: shapeText(shape, ''),
    at: (timeMs) => {
      const reference = referenceOf(shape, timeMs);
      return chosen(place, shape).flatMap(({ labels, samples }) => {
        const [last] = samples.filter(([at]) => at <= reference && at > reference - LOOKBACK_MS).slice(-1);
        return last === undefined || last[1] === 'stale' ? [] : [{ labels, value: last[1] }];
      });
    },
  };
}

function nameless(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== '__name__'));
}

function overRange(place: Place): GeneratedExpression {
  const { random } = place;
  const shape = randomShape(place);
  const [name, { compute, rest = '' }] = pick(random, Object.entries(RANGE_FUNCTIONS));
  const rangeMs = (30 + random.below(570)) * 1000;
  return {
    text: `${name}(${shapeText(shape, `[${rangeMs / 1000}s]`)}${rest})`,
    at: (timeMs) => {
      const endMs = referenceOf(shape, timeMs);
      const startMs = endMs - rangeMs;
      return chosen(place, shape).flatMap(({ labels, samples }) => {
        const points = samples.flatMap(([at, value]) =>
          at > startMs && at <= endMs && value !== 'stale' ? [[at, value] as const] : [],
        );
        const value = points.length === 0 ? undefined : compute(points, { startMs, endMs });
        return value === undefined ? [] : [{ labels: nameless(labels), value }];
      });
    },
  };
}

const FOLDS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  avg: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  count: (values) => values.length,
};

function identity(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function projected(
  labels: Readonly<Record<string, string>>,
  { keep, names }: { readonly keep: boolean; readonly names: readonly string[] },
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => names.includes(name) === keep && (keep || name !== '__name__')),
  );
}

function aggregated(place: Place, depth: number): GeneratedExpression {
  const { random } = place;
  const inner = expression(place, depth - 1);
  const [name, fold] = pick(random, Object.entries(FOLDS));
  const keep = random.below(2) === 0;
  const names = pick(random, [[], ['x'], ['y'], ['x', 'y']]);
  return {
    text: `${name} ${keep ? 'by' : 'without'} (${names.join(', ')}) (${inner.text})`,
    at: (timeMs) => {
      const groups = Map.groupBy(inner.at(timeMs), ({ labels }) =>
        identity(projected(labels, { keep, names })),
      );
      return [...groups.values()].map((members) => ({
        labels: projected(members[0]?.labels ?? {}, { keep, names }),
        value: fold(members.map(({ value }) => value)),
      }));
    },
  };
}

/** Which series `limitk` takes is nowhere said, only how many. */
function limited(place: Place, depth: number): GeneratedExpression {
  const { random } = place;
  const inner = expression(place, depth - 1);
  const names = pick(random, [[], ['x'], ['y']]);
  const by = `by (${names.join(', ')})`;
  const limit = random.below(4);
  return {
    text: `count ${by} (limitk ${by} (${limit}, ${inner.text}))`,
    at: (timeMs) => {
      const keyOf = ({ labels }: Element): string => identity(projected(labels, { keep: true, names }));
      const groups = Map.groupBy(inner.at(timeMs), keyOf);
      return [...(limit === 0 ? [] : groups.values())].map((members) => ({
        labels: projected(members[0]?.labels ?? {}, { keep: true, names }),
        value: Math.min(limit, members.length),
      }));
    },
  };
}

/** Which series are the half is a matter of hashes; both halves are all. */
function halved(place: Place, depth: number): GeneratedExpression {
  const inner = expression(place, depth - 1);
  const ratio = place.random.below(9) / 8;
  return {
    text: `limit_ratio(${ratio}, ${inner.text}) or limit_ratio(${ratio - 1}, ${inner.text})`,
    at: (timeMs) => distinct(inner.at(timeMs)),
  };
}

function distinct(elements: readonly Element[]): readonly Element[] {
  if (new Set(elements.map(({ labels }) => identity(labels))).size < elements.length) {
    throw new Error('two elements with the same labels');
  }
  return elements;
}

const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
};

function signature(names: readonly string[] | undefined, labels: Readonly<Record<string, string>>): string {
  return identity(names === undefined ? nameless(labels) : projected(labels, { keep: true, names }));
}

function arithmetic(place: Place, depth: number): GeneratedExpression {
  const { random } = place;
  const [left, right] = [expression(place, depth - 1), expression(place, depth - 1)];
  const [operator, compute] = pick(random, Object.entries(ARITHMETIC));
  const names = pick(random, [undefined, ['x'], ['x', 'y']]);
  const on = names === undefined ? '' : ` on (${names.join(', ')})`;
  return {
    text: `(${left.text}) ${operator}${on} (${right.text})`,
    at: (timeMs) => {
      const [lefts, rights] = [left.at(timeMs), right.at(timeMs)];
      if (lefts.length === 0 || rights.length === 0) return [];
      const keys = rights.map(({ labels }) => signature(names, labels));
      if (new Set(keys).size < keys.length) throw new Error('duplicates on the right');
      const matched = lefts.flatMap(({ labels, value }) => {
        const other = rights[keys.indexOf(signature(names, labels))];
        if (other === undefined) return [];
        const kept = names === undefined ? nameless(labels) : projected(labels, { keep: true, names });
        return [{ labels: kept, value: compute(value, other.value) }];
      });
      return distinct(matched);
    },
  };
}

function setOperation(place: Place, depth: number): GeneratedExpression {
  const { random } = place;
  const [left, right] = [expression(place, depth - 1), expression(place, depth - 1)];
  const operator = pick(random, ['and', 'or', 'unless'] as const);
  const names = pick(random, [undefined, ['x'], []]);
  const on = names === undefined ? '' : ` on (${names.join(', ')})`;
  return {
    text: `(${left.text}) ${operator}${on} (${right.text})`,
    at: (timeMs) => {
      const [lefts, rights] = [left.at(timeMs), right.at(timeMs)];
      const has = (elements: readonly Element[], labels: Element['labels']): boolean =>
        elements.some((element) => signature(names, element.labels) === signature(names, labels));
      if (operator === 'and') return lefts.filter(({ labels }) => has(rights, labels));
      if (operator === 'unless') return lefts.filter(({ labels }) => !has(rights, labels));
      return distinct([...lefts, ...rights.filter(({ labels }) => !has(lefts, labels))]);
    },
  };
}

/** Against a number no computed value is likely to meet exactly. */
function filtered(place: Place, depth: number): GeneratedExpression {
  const { random } = place;
  const inner = expression(place, depth - 1);
  const limit = random.below(100) + 0.123456;
  const bool = random.below(2) === 0;
  return {
    text: `(${inner.text}) > ${bool ? 'bool ' : ''}${limit}`,
    at: (timeMs) => {
      const elements = inner.at(timeMs);
      if (!bool) return elements.filter(({ value }) => value > limit);
      return distinct(
        elements.map(({ labels, value }) => ({ labels: nameless(labels), value: value > limit ? 1 : 0 })),
      );
    },
  };
}

function overSubquery(place: Place, depth: number): GeneratedExpression {
  const { random } = place;
  const inner = expression(place, depth - 1);
  const stepMs = (20 + random.below(100)) * 1000;
  const rangeMs = stepMs + random.below(300) * 1000;
  return {
    text: `sum_over_time((${inner.text})[${rangeMs / 1000}s:${stepMs / 1000}s])`,
    at: (timeMs) => {
      const sums = new Map<string, Element>();
      for (let at = Math.floor(timeMs / stepMs) * stepMs; at > timeMs - rangeMs; at -= stepMs) {
        for (const { labels, value } of inner.at(at)) {
          const key = identity(labels);
          sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + value });
        }
      }
      return distinct([...sums.values()].map(({ labels, value }) => ({ labels: nameless(labels), value })));
    },
  };
}

/** A random expression; `depth` bounds its nesting. */
export function expression(place: Place, depth: number): GeneratedExpression {
  const { random } = place;
  if (depth === 0) return random.below(2) === 0 ? instant(place) : overRange(place);
  const make = pick(random, [
    instant,
    overRange,
    aggregated,
    aggregated,
    arithmetic,
    setOperation,
    filtered,
    overSubquery,
    limited,
    halved,
  ]);
  return make(place, depth);
}
