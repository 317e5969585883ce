/** Pieces of an experiment file that the general schemas do not have. */
import { parseDurationMs } from '#base/duration.ts';
import { complain, mapped, type ReadContext, type Schema } from '#base/config/schema.ts';
import type { ConfigNode } from '#base/config/yaml.ts';
import { parseJsonPath } from '#chaos/experiment/core/json-path.ts';
import {
  variablesOf,
  type Scalar,
  type Tolerance,
  type ToleranceTarget,
} from '#chaos/experiment/core/model.ts';

type MapNode = Extract<ConfigNode, { kind: 'map' }>;

/** Anything YAML can say, as plain data. */
export const anything: Schema<unknown> = { expected: 'anything', read: (node) => plain(node) };

function plain(node: ConfigNode): unknown {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
    case 'list':
      return node.items.map(plain);
    case 'scalar':
      return node.value;
  }
}

/** Milliseconds; written as `500ms` or, as Chaos Toolkit has it, as a number of seconds. */
export function seconds(range: { readonly minMs: number; readonly maxMs: number }): Schema<number> {
  const expected = 'a time such as 10s, or a number of seconds';
  return {
    expected,
    read(node, path, context) {
      const text = node.kind === 'scalar' ? node.text : '';
      const value = Number(text);
      const timeMs = text !== '' && Number.isFinite(value) ? value * 1000 : parseDurationMs(text);
      if (timeMs !== undefined && timeMs >= range.minMs && timeMs <= range.maxMs) return timeMs;
      const limits = `${range.minMs / 1000} to ${range.maxMs / 1000} s`;
      return complain(
        context,
        node.place,
        path,
        `expected ${expected}, ${limits}, got ${JSON.stringify(text)}`,
      );
    },
  };
}

/** Text whose `${name}`s are all in `known`. */
export function template(schema: Schema<string>, known: readonly string[]): Schema<string> {
  return mapped(schema, (text, complainHere) => {
    const unknown = variablesOf(text).find((name) => !known.includes(name));
    if (unknown === undefined) return text;
    return complainHere(
      `\${${unknown}} stands for nothing; known are ${known.join(', ')}, and configuration adds more`,
    );
  });
}

const EXPECTED_TOLERANCE = 'a value, a list of values, or a map with type range, regex or jsonpath';

export const tolerance: Schema<Tolerance> = {
  expected: EXPECTED_TOLERANCE,
  read(node, path, context) {
    if (node.kind === 'scalar') return { kind: 'equals', values: [node.value] };
    if (node.kind === 'map') return toleranceMap(node, path, context);
    const values = node.items.flatMap((item) => (item.kind === 'scalar' ? [item.value] : []));
    if (values.length === node.items.length && values.length > 0) return { kind: 'equals', values };
    return complain(context, node.place, path, `expected ${EXPECTED_TOLERANCE}`);
  },
};

function toleranceMap(node: MapNode, path: string, context: ReadContext): Tolerance | undefined {
  const fields = plain(node) as Readonly<Record<string, unknown>>;
  const wrong = (message: string): undefined => complain(context, node.place, path, message);
  switch (fields['type']) {
    case 'range':
      return rangeTolerance(fields, wrong);
    case 'regex':
      return regexTolerance(fields, wrong);
    case 'jsonpath':
      return jsonPathTolerance(fields, wrong);
    default:
      return wrong(`expected type: range, regex or jsonpath, got ${JSON.stringify(fields['type'] ?? null)}`);
  }
}

type Fields = Readonly<Record<string, unknown>>;
type Wrong = (message: string) => undefined;

function rangeTolerance(fields: Fields, wrong: Wrong): Tolerance | undefined {
  const [min, max] = Array.isArray(fields['range']) ? (fields['range'] as readonly unknown[]) : [];
  const target = targetOf(fields['target'] ?? 'status');
  if (typeof min !== 'number' || typeof max !== 'number' || min > max)
    return wrong('expected range: [LOW, HIGH], two numbers in this order');
  if (target === undefined || target === 'body') return wrong('expected target: status or took_ms');
  return { kind: 'range', min, max, target };
}

function regexTolerance(fields: Fields, wrong: Wrong): Tolerance | undefined {
  const target = targetOf(fields['target'] ?? 'body');
  if (target === undefined) return wrong('expected target: status, body or took_ms');
  const { pattern } = fields as { readonly pattern?: unknown };
  if (typeof pattern !== 'string') return wrong('expected pattern: a regular expression');
  try {
    return { kind: 'regex', pattern: new RegExp(pattern, 'u'), target };
  } catch {
    return wrong(`pattern ${JSON.stringify(pattern)} is no regular expression`);
  }
}

function jsonPathTolerance(fields: Fields, wrong: Wrong): Tolerance | undefined {
  const { path, expect } = fields as { readonly path?: unknown; readonly expect?: unknown };
  if (typeof path !== 'string' || parseJsonPath(path) === undefined)
    return wrong("expected path: such as $.data.result[0].value or $['name'], without filters");
  // Chaos Toolkit writes a list of one.
  const wanted: unknown = Array.isArray(expect) && expect.length === 1 ? expect[0] : expect;
  if (!isScalar(wanted) && wanted !== undefined) return wrong('expected expect: one value');
  return { kind: 'jsonpath', path, expect: wanted };
}

function targetOf(value: unknown): ToleranceTarget | undefined {
  return value === 'status' || value === 'body' || value === 'took_ms' ? value : undefined;
}

export function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
