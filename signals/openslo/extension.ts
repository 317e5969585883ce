/**
 * What Plimsoll adds to an OpenSLO document, all under one annotation. OpenSLO
 * says annotations are text, so it is YAML inside a block scalar; a plain map is
 * understood too. Problems inside carry the line of the file.
 */
import { complain, type ReadContext } from '#base/config/schema.ts';
import { parseYaml, type ConfigNode, type Place } from '#base/config/yaml.ts';
import { nearestName } from '#base/nearest.ts';
import type { Problem } from '#base/problem.ts';
import { extensionSchema } from '#signals/openslo/schemas.ts';

export const ANNOTATION_KEY = 'plimsoll.dev/slo';
const ANNOTATION_PREFIX = 'plimsoll.dev/';

export type Extension = NonNullable<ReturnType<(typeof extensionSchema)['read']>> & {
  readonly place: Place;
};

export interface ReadAnnotations {
  readonly extension: Extension | undefined;
  /** All others: they go onto the alerts. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** @param text the whole file, to find columns inside a block scalar */
export function readAnnotations(
  node: ConfigNode | undefined,
  path: string,
  context: ReadContext,
  text: string,
): ReadAnnotations {
  const annotations = Object.create(null) as Record<string, string>;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) {
    return { extension: undefined, annotations };
  }
  if (node.kind !== 'map') {
    complain(context, node.place, path, `expected a map of text, got a ${node.kind}`);
    return { extension: undefined, annotations };
  }
  let extension: Extension | undefined;
  for (const { key, place, value } of node.entries) {
    if (key === ANNOTATION_KEY) {
      extension = readExtension(value, `${path}.${key}`, context, text);
    } else if (key.startsWith(ANNOTATION_PREFIX) || nearestName(key, [ANNOTATION_KEY]) !== undefined) {
      complain(context, place, `${path}.${key}`, `${key} is not known here; did you mean ${ANNOTATION_KEY}?`);
    } else if (value.kind === 'scalar') {
      annotations[key] = typeof value.value === 'string' ? value.value : value.text;
    } else {
      complain(context, value.place, `${path}.${key}`, `expected text, got a ${value.kind}`);
    }
  }
  return { extension, annotations };
}

function readExtension(
  node: ConfigNode,
  path: string,
  context: ReadContext,
  text: string,
): Extension | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return finish(node, node, path, context);
  const inner = parseYaml(context.file, node.value);
  const innerContext: ReadContext = { file: context.file, problems: [...inner.problems] };
  const root = inner.roots[0];
  const extension = root === undefined ? undefined : finish(root, node, path, innerContext);
  const shift = shiftInto(node.place, text);
  context.problems.push(...innerContext.problems.map(shift));
  return extension;
}

function finish(
  root: ConfigNode,
  node: ConfigNode,
  path: string,
  context: ReadContext,
): Extension | undefined {
  const extension = extensionSchema.read(root, path, context);
  return extension === undefined ? undefined : { ...extension, place: node.place };
}

/** From a position inside a scalar to the position in the file. */
function shiftInto(place: Place, text: string): (problem: Problem) => Problem {
  const lines = text.split('\n');
  const header = lines[place.line - 1]?.[place.column - 1];
  if (header !== '|' && header !== '>') {
    const quote = header === '"' || header === "'" ? 1 : 0;
    return (problem) => ({ ...problem, line: place.line, column: place.column + quote + problem.column - 1 });
  }
  const indent = /^ */.exec(lines[place.line] ?? '')?.[0].length ?? 0;
  return (problem) => ({ ...problem, line: place.line + problem.line, column: problem.column + indent });
}
