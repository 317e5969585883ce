/**
 * OpenSLO v1 files: several documents a file, kinds SLO and SLI read, Service
 * and the alerting kinds understood and left alone. Every problem has a place
 * and names what would be right; parsing never stops at the first.
 */
import { complain, object, optional, required, type ReadContext } from '#base/config/schema.ts';
import { parseYaml, type ConfigNode, type Place } from '#base/config/yaml.ts';
import { nearestName } from '#base/nearest.ts';
import type { Problem } from '#base/problem.ts';
import { readIndicator, type ReadIndicator } from '#signals/openslo/indicator.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import { anything, metadataSchema } from '#signals/openslo/schemas.ts';
import { readSlo } from '#signals/openslo/slo.ts';

export const API_VERSION = 'openslo/v1';
/** Read or tolerated, by name. */
const KINDS = [
  'SLO',
  'SLI',
  'Service',
  'AlertPolicy',
  'AlertCondition',
  'AlertNotificationTarget',
  'DataSource',
] as const;
type Kind = (typeof KINDS)[number];

export interface SloFile {
  /** Name for problems, as the person knows it. */
  readonly file: string;
  readonly text: string;
}

export interface ParsedSlos {
  readonly documents: readonly SloDocument[];
  readonly problems: readonly Problem[];
}

interface Found {
  readonly kind: Kind;
  readonly root: ConfigNode;
  readonly context: ReadContext;
  readonly text: string;
}

/** One file on its own; an `indicatorRef` must be answered inside it. */
export function parseSloFile(file: string, text: string): ParsedSlos {
  return parseSloFiles([{ file, text }]);
}

/** A set of files that may refer to each other. An id defined twice is a problem at the second place. */
export function parseSloFiles(files: readonly SloFile[]): ParsedSlos {
  const problems: Problem[] = [];
  const found = files.flatMap(({ file, text }) => {
    const parsed = parseYaml(file, text);
    problems.push(...parsed.problems);
    const context: ReadContext = { file, problems };
    return parsed.roots.flatMap((root): Found[] => {
      const kind = kindOf(root, context);
      return kind === undefined ? [] : [{ kind, root, context, text }];
    });
  });
  const indicators = readIndicators(found);
  const documents = new Map<string, SloDocument>();
  for (const { kind, root, context, text } of found) {
    if (kind !== 'SLO') continue;
    const slo = readSlo(root, context, { indicators, text });
    if (slo === undefined) continue;
    const twin = documents.get(slo.id);
    if (twin === undefined) documents.set(slo.id, slo);
    else complain(context, root.place, 'metadata.name', `${slo.id} is already defined at ${twin.definedAt}`);
  }
  return { documents: [...documents.values()], problems };
}

/** The kind of a document; undefined after a problem. */
function kindOf(root: ConfigNode, context: ReadContext): Kind | undefined {
  if (root.kind !== 'map') {
    return complain(context, root.place, '', `expected an OpenSLO document, got a ${root.kind}`);
  }
  const version = scalarUnder(root, 'apiVersion');
  if (version.text !== API_VERSION) {
    const got = version.text === undefined ? '' : `, got ${JSON.stringify(version.text)}`;
    return complain(context, version.place, 'apiVersion', `expected apiVersion: ${API_VERSION}${got}`);
  }
  const kind = scalarUnder(root, 'kind');
  const known = KINDS.find((candidate) => candidate === kind.text);
  if (known !== undefined) return known;
  if (kind.text === undefined) {
    return complain(context, kind.place, 'kind', `kind is missing; expected one of ${KINDS.join(', ')}`);
  }
  const near = nearestName(kind.text, KINDS);
  const hint = near === undefined ? `known here: ${KINDS.join(', ')}` : `did you mean ${near}?`;
  return complain(context, kind.place, 'kind', `kind ${kind.text} is not known here; ${hint}`);
}

/** Text of a key of the document, and where it is or should be. */
function scalarUnder(
  root: ConfigNode,
  key: string,
): { readonly text: string | undefined; readonly place: Place } {
  const entry = root.kind === 'map' ? root.entries.find((candidate) => candidate.key === key) : undefined;
  if (entry === undefined) return { text: undefined, place: root.place };
  return { text: entry.value.kind === 'scalar' ? entry.value.text : undefined, place: entry.value.place };
}

const sliSchema = object({
  apiVersion: required(anything(API_VERSION), API_VERSION),
  kind: required(anything('SLI'), 'SLI'),
  metadata: required(metadataSchema, 'Name.'),
  spec: optional(anything('a map with ratioMetric or thresholdMetric'), 'The SLI.'),
});

function readIndicators(found: readonly Found[]): ReadonlyMap<string, ReadIndicator | undefined> {
  const indicators = new Map<string, ReadIndicator | undefined>();
  for (const { kind, root, context } of found) {
    if (kind !== 'SLI') continue;
    const sli = sliSchema.read(root, '', context);
    if (sli === undefined) continue;
    if (indicators.has(sli.metadata.name)) {
      complain(context, root.place, 'metadata.name', `the SLI ${sli.metadata.name} is already defined`);
      continue;
    }
    const spec = sli.spec ?? { kind: 'map', place: root.place, entries: [] };
    indicators.set(sli.metadata.name, readIndicator(spec, 'spec', context));
  }
  return indicators;
}
