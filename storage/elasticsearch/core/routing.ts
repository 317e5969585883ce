/**
 * Which stream a document goes to, as the Collector's exporter decides it: a
 * name from the configuration, else the attributes `data_stream.dataset` and
 * `data_stream.namespace` of the item, its scope or its resource.
 */
import { dataStreamName, type DataStream } from '#signals/elasticsearch/documents.ts';
import type { Attribute } from '#signals/model.ts';

export interface Routing {
  /** Streams or indices that take everything; undefined: by attributes. */
  readonly logsIndex: string | undefined;
  readonly tracesIndex: string | undefined;
}

export interface Route {
  readonly target: string;
  /** For the fields `data_stream.*`. */
  readonly stream: DataStream;
}

/** What names of indices may not have, and the hyphen between the parts of one. */
const DISALLOWED_IN_DATASET = /[-\\/*?"<>| ,#:]/g;
const DISALLOWED_IN_NAMESPACE = /[\\/*?"<>| ,#:]/g;
/** Of one part, as Elastic's naming scheme has it. */
const PART_BYTES_MAX = 100;
const SUFFIX = '.otel';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param lists attributes of the item, its scope and its resource: the first that says something counts */
export function routeOf(
  routing: Routing,
  byDefault: DataStream,
  lists: readonly (readonly Attribute[])[],
): Route {
  const fixed = byDefault.type === 'logs' ? routing.logsIndex : routing.tracesIndex;
  if (fixed !== undefined) return { target: fixed, stream: streamOfName(fixed, byDefault) };
  const dataset = textOf(lists, 'data_stream.dataset');
  const namespace = textOf(lists, 'data_stream.namespace');
  const stream =
    dataset === undefined && namespace === undefined
      ? byDefault
      : {
          type: byDefault.type,
          dataset: dataset === undefined ? byDefault.dataset : part(dataset, DISALLOWED_IN_DATASET, SUFFIX),
          namespace:
            namespace === undefined ? byDefault.namespace : part(namespace, DISALLOWED_IN_NAMESPACE, ''),
        };
  return { target: dataStreamName(stream), stream };
}

function textOf(lists: readonly (readonly Attribute[])[], key: string): string | undefined {
  for (const attributes of lists) {
    const value = attributes.findLast((attribute) => attribute.key === key)?.value;
    if (value?.kind === 'string' && value.value !== '') return value.value;
  }
  return undefined;
}

function part(text: string, disallowed: RegExp, suffix: string): string {
  const clean = text.toLowerCase().replace(disallowed, '_');
  const bytes = encoder.encode(clean);
  const bytesMax = PART_BYTES_MAX - suffix.length;
  const cut =
    bytes.length <= bytesMax ? clean : decoder.decode(bytes.subarray(0, bytesMax)).replace(/\uFFFD+$/, '');
  return `${cut}${suffix}`;
}

/** The parts of a name that is made like that of a stream. */
function streamOfName(name: string, byDefault: DataStream): DataStream {
  const match = /^(?:logs|traces)-([^-]+)-(.+)$/.exec(name);
  if (match === null) return byDefault;
  return { type: byDefault.type, dataset: match[1] ?? '', namespace: match[2] ?? '' };
}
