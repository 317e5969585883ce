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

/** What a list of attributes says of it. */
export interface Said {
  readonly dataset: string | undefined;
  readonly namespace: string | undefined;
}

const NOTHING: Said = { dataset: undefined, namespace: undefined };
const PREFIX = 'data_stream.';

/** Routes of one signal. */
export class Router {
  readonly #byDefault: Route;
  readonly #isFixed: boolean;

  constructor(routing: Routing, byDefault: DataStream) {
    const fixed = byDefault.type === 'logs' ? routing.logsIndex : routing.tracesIndex;
    this.#isFixed = fixed !== undefined;
    this.#byDefault =
      fixed === undefined
        ? { target: dataStreamName(byDefault), stream: byDefault }
        : { target: fixed, stream: streamOfName(fixed, byDefault) };
  }

  /** What all items with these attributes have in common. */
  saidBy(attributes: readonly Attribute[]): Said {
    if (this.#isFixed || !attributes.some(({ key }) => key.startsWith(PREFIX))) return NOTHING;
    return { dataset: textOf(attributes, 'dataset'), namespace: textOf(attributes, 'namespace') };
  }

  /** The item says more than its scope, the scope more than its resource. */
  route(item: Said, scope: Said, resource: Said): Route {
    if (item === NOTHING && scope === NOTHING && resource === NOTHING) return this.#byDefault;
    const dataset = item.dataset ?? scope.dataset ?? resource.dataset;
    const namespace = item.namespace ?? scope.namespace ?? resource.namespace;
    const { stream: byDefault } = this.#byDefault;
    const stream = {
      type: byDefault.type,
      dataset: dataset === undefined ? byDefault.dataset : part(dataset, DISALLOWED_IN_DATASET, SUFFIX),
      namespace: namespace === undefined ? byDefault.namespace : part(namespace, DISALLOWED_IN_NAMESPACE, ''),
    };
    return { target: dataStreamName(stream), stream };
  }
}

function textOf(attributes: readonly Attribute[], name: string): string | undefined {
  const value = attributes.findLast(({ key }) => key === `${PREFIX}${name}`)?.value;
  return value?.kind === 'string' && value.value !== '' ? value.value : undefined;
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
