/** What a service says about its telemetry in the environment, in OpenTelemetry's names. */

/** Where spans go: OTLP, Jaeger's Thrift for services of old, or nowhere. */
export type TracesExporter = 'otlp' | 'jaeger' | 'none';

/** One place telemetry is sent to. */
export interface Destination {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For one request; above 0. */
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
}

/** How items are gathered before they are sent. */
export interface Batching {
  /** The first item of a batch waits that long. */
  readonly delayMs: number;
  /** Items in one request. */
  readonly batchItemsMax: number;
  /** Items not yet encoded; more are dropped and counted. */
  readonly queueItemsMax: number;
}

export interface Settings {
  readonly disabled: boolean;
  readonly serviceName: string | undefined;
  readonly tracesExporter: TracesExporter;
  readonly logsExported: boolean;
  readonly traces: Destination;
  readonly logs: Destination;
  readonly jaeger: Destination;
  readonly traceBatching: Batching;
  readonly logBatching: Batching;
  /** Service names by `host:port` of who is called. */
  readonly peerServices: ReadonlyMap<string, string>;
  /** Sentences about what is written and not understood. */
  readonly complaints: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const ENDPOINT_DEFAULT = 'http://127.0.0.1:4318';
const JAEGER_ENDPOINT_DEFAULT = 'http://127.0.0.1:14268/api/traces';
/** Default of the OTLP exporter specification. */
const TIMEOUT_MS_DEFAULT = 10_000;
/** OpenTelemetry's own default is 5 s: too long for whoever watches. */
const DELAY_MS_DEFAULT = 200;
/** OpenTelemetry's defaults for the batch processors. */
const BATCH_ITEMS_DEFAULT = 512;
const QUEUE_ITEMS_DEFAULT = 2048;

/** Read by us. */
const OURS = [
  'OTEL_SDK_DISABLED',
  'OTEL_SERVICE_NAME',
  'OTEL_TRACES_EXPORTER',
  'OTEL_LOGS_EXPORTER',
  'OTEL_METRICS_EXPORTER',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  ...['', '_TRACES', '_LOGS'].flatMap((signal) =>
    ['ENDPOINT', 'HEADERS', 'TIMEOUT', 'COMPRESSION'].map((what) => `OTEL_EXPORTER_OTLP${signal}_${what}`),
  ),
  ...['BSP', 'BLRP'].flatMap((processor) =>
    ['SCHEDULE_DELAY', 'MAX_QUEUE_SIZE', 'MAX_EXPORT_BATCH_SIZE'].map((what) => `OTEL_${processor}_${what}`),
  ),
  'OTEL_EXPORTER_JAEGER_ENDPOINT',
  'OTEL_EXPORTER_JAEGER_USER',
  'OTEL_EXPORTER_JAEGER_PASSWORD',
  'OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING',
];
/** Read by OpenTelemetry's own SDK beneath. */
const BENEATH = [
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_LOG_LEVEL',
  'OTEL_PROPAGATORS',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_EVENT_COUNT_LIMIT',
  'OTEL_SPAN_LINK_COUNT_LIMIT',
  'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
];
/** Every variable that has an effect; sdk/README.md lists them. */
export const HONOURED: readonly string[] = [...OURS, ...BENEATH];

export function readSettings(env: Environment): Settings {
  const reader = new Reader(env);
  reader.nameUnknown();
  return {
    disabled: reader.text('OTEL_SDK_DISABLED')?.toLowerCase() === 'true',
    serviceName: serviceName(reader),
    tracesExporter: reader.oneOf('OTEL_TRACES_EXPORTER', ['otlp', 'jaeger', 'none']),
    logsExported: reader.oneOf('OTEL_LOGS_EXPORTER', ['otlp', 'none']) === 'otlp',
    traces: otlp(reader, 'TRACES', 'v1/traces'),
    logs: otlp(reader, 'LOGS', 'v1/logs'),
    jaeger: jaeger(reader),
    traceBatching: batching(reader, 'BSP'),
    logBatching: batching(reader, 'BLRP'),
    peerServices: new Map(
      Object.entries(pairs(reader.text('OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING'))),
    ),
    complaints: reader.complaints,
  };
}

/** `OTEL_SERVICE_NAME` comes before `service.name` in `OTEL_RESOURCE_ATTRIBUTES` (OpenTelemetry: SDK configuration). */
function serviceName(reader: Reader): string | undefined {
  const name =
    reader.text('OTEL_SERVICE_NAME') ?? pairs(reader.text('OTEL_RESOURCE_ATTRIBUTES'))['service.name'];
  if (name === undefined)
    reader.complain('OTEL_SERVICE_NAME is not set: nobody will know whose telemetry this is');
  return name;
}

function otlp(reader: Reader, signal: 'TRACES' | 'LOGS', path: string): Destination {
  // Metrics are shown at /metrics, and gRPC is not spoken: say it instead of doing something else in silence.
  if (signal === 'TRACES') {
    reader.oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', ['http/protobuf']);
    reader.oneOf('OTEL_METRICS_EXPORTER', ['prometheus', 'none']);
  }
  const base = reader.url('OTEL_EXPORTER_OTLP_ENDPOINT') ?? ENDPOINT_DEFAULT;
  const of = (what: string): string => `OTEL_EXPORTER_OTLP_${signal}_${what}`;
  const timeoutMs = reader.integer('OTEL_EXPORTER_OTLP_TIMEOUT', TIMEOUT_MS_DEFAULT);
  const compression = reader.oneOf('OTEL_EXPORTER_OTLP_COMPRESSION', ['none', 'gzip']);
  return {
    url: reader.url(of('ENDPOINT')) ?? `${base.replace(/\/+$/, '')}/${path}`,
    headers: {
      ...pairs(reader.text('OTEL_EXPORTER_OTLP_HEADERS')),
      ...pairs(reader.text(of('HEADERS'))),
    },
    timeoutMs: reader.integer(of('TIMEOUT'), timeoutMs),
    compression:
      reader.text(of('COMPRESSION')) === undefined
        ? compression
        : reader.oneOf(of('COMPRESSION'), ['none', 'gzip']),
  };
}

function jaeger(reader: Reader): Destination {
  const user = reader.text('OTEL_EXPORTER_JAEGER_USER');
  const password = reader.text('OTEL_EXPORTER_JAEGER_PASSWORD') ?? '';
  return {
    url: reader.url('OTEL_EXPORTER_JAEGER_ENDPOINT') ?? JAEGER_ENDPOINT_DEFAULT,
    headers: user === undefined ? {} : { authorization: `Basic ${btoa(`${user}:${password}`)}` },
    timeoutMs: TIMEOUT_MS_DEFAULT,
    compression: 'none',
  };
}

function batching(reader: Reader, processor: 'BSP' | 'BLRP'): Batching {
  const of = (what: string): string => `OTEL_${processor}_${what}`;
  const queueItemsMax = reader.integer(of('MAX_QUEUE_SIZE'), QUEUE_ITEMS_DEFAULT);
  return {
    delayMs: reader.integer(of('SCHEDULE_DELAY'), DELAY_MS_DEFAULT),
    batchItemsMax: Math.min(queueItemsMax, reader.integer(of('MAX_EXPORT_BATCH_SIZE'), BATCH_ITEMS_DEFAULT)),
    queueItemsMax,
  };
}

/** Reads variables one by one and keeps a complaint for each that cannot be taken. */
class Reader {
  /** Each once, although some variables are read for both signals. */
  readonly #complaints = new Set<string>();
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  get complaints(): readonly string[] {
    return [...this.#complaints];
  }

  complain(complaint: string): void {
    this.#complaints.add(complaint);
  }

  /** Empty means not set (OpenTelemetry: environment variable specification). */
  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** The first choice is the default. */
  oneOf<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const value = this.text(name);
    const [otherwise] = choices;
    if (value === undefined) return otherwise;
    const found = choices.find((choice) => choice === value.toLowerCase());
    if (found === undefined) {
      this.complain(`${name} is ${value}: expected ${choices.join(' or ')}; taking ${otherwise}`);
    }
    return found ?? otherwise;
  }

  integer(name: string, otherwise: number): number {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    const number = Number(value);
    if (Number.isSafeInteger(number) && number >= 1) return number;
    this.complain(`${name} is ${value}: expected a whole number from 1; taking ${otherwise}`);
    return otherwise;
  }

  url(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
    this.complain(`${name} is ${value}: expected http://HOST:PORT; taking the default`);
    return undefined;
  }

  nameUnknown(): void {
    const unknown = Object.keys(this.#env).filter(
      (name) => name.startsWith('OTEL_') && !HONOURED.includes(name),
    );
    if (unknown.length > 0) this.complain(`without effect here: ${unknown.toSorted().join(', ')}`);
  }
}

/** `a=1,b=2`, values percent-encoded (OpenTelemetry: the format of W3C Baggage). */
function pairs(text: string | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of (text ?? '').split(',')) {
    const at = part.indexOf('=');
    if (at > 0) found[part.slice(0, at).trim()] = decoded(part.slice(at + 1).trim());
  }
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
