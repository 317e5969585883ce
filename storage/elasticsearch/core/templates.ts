/**
 * The templates our data streams are made from: documents in Elasticsearch's
 * OpenTelemetry mapping mode, and beside them the object `plimsoll` our reader
 * asks by. Types a server does not have give way to plain ones.
 */

/** Raised with every change below; a server with an older one gets the new. */
export const TEMPLATE_VERSION = 2;

/** Above Elasticsearch's own templates for the same streams (120), below what people write by hand (500). */
const PRIORITY = 250;

/** Longer values of a keyword are not indexed: a term has at most 32,766 bytes, three for a unit of UTF-16. */
const NAME_CHARS_MAX = 8191;
const ATTRIBUTE_CHARS_MAX = 1024;

/** What some servers do not have. Each has something plain in its place. */
export const OPTIONAL_FEATURES = [
  'passthrough',
  'flattened',
  'match_only_text',
  'constant_keyword',
  'wildcard',
  'ignore_dynamic_beyond_limit',
  'lifecycle',
] as const;

export type Feature = (typeof OPTIONAL_FEATURES)[number];
export type Features = ReadonlySet<Feature>;

export interface StreamPatterns {
  readonly logs: readonly string[];
  readonly traces: readonly string[];
}

/** What the templates of one server are made for. */
export interface Wanted {
  readonly patterns: StreamPatterns;
  /** How long streams keep documents, counted from the rollover of their index; 0 keeps them. */
  readonly retentionMs: number;
}

/** One thing to be put, in the order in which they refer to each other. */
export interface Template {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export const STREAM_PATTERNS: StreamPatterns = { logs: ['logs-*.otel-*'], traces: ['traces-*.otel-*'] };

export const TEMPLATE_NAMES = { logs: 'plimsoll-logs-otel', traces: 'plimsoll-traces-otel' } as const;

type Mapping = Readonly<Record<string, unknown>>;

export function templatesFor(features: Features, wanted: Wanted): readonly Template[] {
  return [
    component('plimsoll-otel@settings', { settings: settings(features) }),
    component('plimsoll-otel@mappings', { mappings: commonMappings(features) }),
    component('plimsoll-logs-otel@mappings', { mappings: { properties: logProperties(features) } }),
    component('plimsoll-traces-otel@mappings', { mappings: { properties: spanProperties() } }),
    indexTemplate('logs', features, wanted),
    indexTemplate('traces', features, wanted),
  ];
}

/** Rolls over by size and age, by the server's own rules, and deletes what is older than that. */
export function lifecycleOf(retentionMs: number): Mapping {
  return { enabled: true, ...(retentionMs === 0 ? {} : { data_retention: retentionText(retentionMs) }) };
}

/** 0 is for ever, and what none of them says. */
export function longestRetentionMs(retentionsMs: readonly number[]): number {
  return retentionsMs.includes(0) ? 0 : Math.max(0, ...retentionsMs);
}

/** As the server writes it: the largest unit that divides it. */
function retentionText(retentionMs: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const;
  const found = units.find(([, ms]) => retentionMs % ms === 0);
  return found === undefined ? `${retentionMs}ms` : `${retentionMs / found[1]}${found[0]}`;
}

function component(name: string, template: Mapping): Template {
  return { path: `/_component_template/${name}`, body: { version: TEMPLATE_VERSION, _meta: META, template } };
}

const META = { managed_by: 'plimsoll', version: TEMPLATE_VERSION };

function indexTemplate(signal: 'logs' | 'traces', features: Features, wanted: Wanted): Template {
  const { patterns, retentionMs } = wanted;
  return {
    path: `/_index_template/${TEMPLATE_NAMES[signal]}`,
    body: {
      index_patterns: patterns[signal],
      priority: PRIORITY,
      version: TEMPLATE_VERSION,
      // Also where the server has no lifecycle, so that a change is seen.
      _meta: { ...META, retention_ms: retentionMs },
      data_stream: {},
      ...(features.has('lifecycle') ? { template: { lifecycle: lifecycleOf(retentionMs) } } : {}),
      composed_of: ['plimsoll-otel@settings', 'plimsoll-otel@mappings', `plimsoll-${signal}-otel@mappings`],
    },
  };
}

function settings(features: Features): Mapping {
  return {
    // One node has no place for a copy; two have.
    'index.auto_expand_replicas': '0-1',
    // An attribute that changes its type is one field less, not one document less.
    'index.mapping.ignore_malformed': true,
    ...(features.has('ignore_dynamic_beyond_limit')
      ? { 'index.mapping.total_fields.ignore_dynamic_beyond_limit': true }
      : {}),
  };
}

function commonMappings(features: Features): Mapping {
  const constant = { type: features.has('constant_keyword') ? 'constant_keyword' : 'keyword' };
  return {
    dynamic: false,
    // A text that looks like a time is a text: the next one may not.
    date_detection: false,
    dynamic_templates: [
      {
        texts_are_keywords: {
          match_mapping_type: 'string',
          mapping: { type: 'keyword', ignore_above: ATTRIBUTE_CHARS_MAX },
        },
      },
    ],
    properties: {
      '@timestamp': { type: 'date' },
      data_stream: { properties: { type: constant, dataset: constant, namespace: constant } },
      trace_id: keyword(),
      span_id: keyword(),
      'trace.id': alias('trace_id'),
      'span.id': alias('span_id'),
      attributes: attributes(features, 20),
      scope: {
        properties: { name: keyword(), version: keyword(), attributes: attributes(features, 30) },
      },
      resource: { properties: { attributes: attributes(features, 40, RESOURCE_PROPERTIES) } },
      // A passthrough object gives its fields short names by itself.
      ...(features.has('passthrough') ? {} : RESOURCE_ALIASES),
      plimsoll: plimsollMapping(features),
    },
  };
}

/** Their types are fixed whatever comes first. */
const RESOURCE_NAMES = ['service.name', 'service.namespace', 'service.instance.id', 'host.name'];
const RESOURCE_PROPERTIES = Object.fromEntries(RESOURCE_NAMES.map((name) => [name, keyword()]));
const RESOURCE_ALIASES = Object.fromEntries(
  RESOURCE_NAMES.map((name) => [name, alias(`resource.attributes.${name}`)]),
);

function attributes(features: Features, priority: number, properties: Mapping = {}): Mapping {
  return features.has('passthrough')
    ? { type: 'passthrough', dynamic: true, priority, properties }
    : { type: 'object', dynamic: true, properties };
}

function logProperties(features: Features): Mapping {
  return {
    observed_timestamp: { type: 'date_nanos' },
    severity_number: { type: 'short' },
    severity_text: keyword(),
    event_name: keyword(),
    body: {
      properties: {
        text: { type: features.has('match_only_text') ? 'match_only_text' : 'text' },
        structured: features.has('flattened')
          ? { type: 'flattened', ignore_above: ATTRIBUTE_CHARS_MAX }
          : { type: 'object', enabled: false },
      },
    },
    message: alias('body.text'),
    'log.level': alias('severity_text'),
  };
}

function spanProperties(): Mapping {
  return {
    parent_span_id: keyword(),
    trace_state: keyword(),
    trace_flags: { type: 'short' },
    name: keyword(),
    kind: keyword(),
    duration: { type: 'long' },
    status: { properties: { code: keyword(), message: keyword() } },
    'span.name': alias('name'),
    'parent.id': alias('parent_span_id'),
  };
}

/** See stored-item.ts. What is not named here is kept and not indexed. */
function plimsollMapping(features: Features): Mapping {
  return {
    dynamic: false,
    properties: {
      time: { type: 'long' },
      producer: keyword(),
      sequence: { type: 'long' },
      ordinal: { type: 'long' },
      tenant: keyword(),
      service: keyword(),
      pairs: keyword(),
      message: features.has('wildcard') ? { type: 'wildcard' } : keyword(10_000),
    },
  };
}

function keyword(charsMax = NAME_CHARS_MAX): Mapping {
  return { type: 'keyword', ignore_above: charsMax };
}

function alias(path: string): Mapping {
  return { type: 'alias', path };
}
