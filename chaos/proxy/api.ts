/**
 * The HTTP API of Toxiproxy 2.12 over a set of proxies, as one handler for a
 * `node:http` server: it answers what is Toxiproxy's and leaves the rest.
 *
 * Browsers are turned away by their User-Agent, so that no web page can reach
 * the control port through somebody's browser.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorText } from '#base/errors.ts';
import {
  asList,
  asObject,
  flagField,
  numberField,
  parseJson,
  textField,
  field,
  type JsonObject,
} from '#chaos/proxy/core/decode.ts';
import { metricsText, type Family } from '#chaos/proxy/metrics.ts';
import type { ProxySet } from '#chaos/proxy/proxy-set.ts';
import {
  PopulateError,
  ProxyError,
  type Protocol,
  type ProxyDefinition,
  type ToxicChange,
} from '#chaos/proxy/types.ts';

/** The release whose behaviour this is. */
export const TOXIPROXY_VERSION = '2.12.0';
/** Five hundred proxies fit in a tenth of it. */
const BODY_BYTES_MAX = 1024 * 1024;

interface Call {
  readonly set: ProxySet;
  /** Parts of the path that stand for names, in their order. */
  readonly names: readonly string[];
  /** The whole body, as text. */
  readonly body: string;
  readonly more: readonly Family[];
}

interface Answer {
  readonly status: number;
  /** Sent as JSON; undefined for an empty body. */
  readonly json?: unknown;
  readonly text?: { readonly type: string; readonly body: string; readonly isError?: boolean };
}

type Act = (call: Call) => Answer | Promise<Answer>;

interface Route {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, Act>>;
}

const ROUTES: readonly Route[] = [
  { path: /^\/reset$/, methods: { POST: reset } },
  { path: /^\/proxies$/, methods: { GET: listProxies, POST: createProxy } },
  { path: /^\/populate$/, methods: { POST: populate } },
  {
    path: /^\/proxies\/([^/]+)$/,
    methods: { GET: showProxy, POST: updateProxy, PATCH: updateProxy, DELETE: deleteProxy },
  },
  { path: /^\/proxies\/([^/]+)\/toxics$/, methods: { GET: listToxics, POST: createToxic } },
  {
    path: /^\/proxies\/([^/]+)\/toxics\/([^/]+)$/,
    methods: { GET: showToxic, POST: updateToxic, PATCH: updateToxic, DELETE: deleteToxic },
  },
  { path: /^\/version$/, methods: { GET: version } },
  { path: /^\/metrics$/, methods: { GET: metrics } },
];

/**
 * A handler that answers Toxiproxy's paths and returns false for all others.
 *
 * @param more shown on `/metrics` beside what the proxies count
 */
export function toxiproxyApi(
  set: ProxySet,
  more: () => readonly Family[] = () => [],
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const route = ROUTES.find((candidate) => candidate.path.test(path));
    if (route === undefined) return false;
    void answer(route, path, request, { set, more: more() })
      .catch(errorAnswer)
      .then((result) => send(response, result));
    return true;
  };
}

/** What upstream says of a path it does not know. */
export function answerNotFound(response: ServerResponse): void {
  send(response, plain(404, '404 page not found'));
}

async function answer(
  route: Route,
  path: string,
  request: IncomingMessage,
  own: Pick<Call, 'set' | 'more'>,
): Promise<Answer> {
  const act = route.methods[request.method ?? ''];
  if (act === undefined) return { status: 405 };
  if (request.headers['user-agent']?.startsWith('Mozilla/') === true) {
    return plain(403, 'User agent not allowed');
  }
  const names = (route.path.exec(path) ?? []).slice(1).map(decodeName);
  return await act({ ...own, names, body: await readBody(request) });
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new ProxyError(413, `the body is over ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function errorAnswer(error: unknown): Answer {
  const status = error instanceof ProxyError ? error.status : 500;
  return plain(status, JSON.stringify({ error: errorText(error), status }));
}

/** As Go's `http.Error` sends it. */
function plain(status: number, body: string): Answer {
  return { status, text: { type: 'text/plain; charset=utf-8', body: `${body}\n`, isError: true } };
}

function send(response: ServerResponse, { status, json, text }: Answer): void {
  response.statusCode = status;
  if (text !== undefined) {
    response.setHeader('content-type', text.type);
    if (text.isError === true) response.setHeader('x-content-type-options', 'nosniff');
    response.end(text.body);
  } else if (json === undefined) {
    response.end();
  } else {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(json));
  }
}

async function reset({ set }: Call): Promise<Answer> {
  await set.reset();
  return { status: 204 };
}

function listProxies({ set }: Call): Answer {
  return { status: 200, json: Object.fromEntries(set.list().map((proxy) => [proxy.name, proxy])) };
}

async function createProxy({ set, body }: Call): Promise<Answer> {
  const definition = proxyDefinition(asObject(parseJson(body), 'a proxy'));
  requireFields(definition, '');
  return { status: 201, json: await set.create(definition) };
}

async function populate({ set, body }: Call): Promise<Answer> {
  try {
    const definitions = asList(parseJson(body), 'the body').map((entry) =>
      proxyDefinition(asObject(entry, 'a proxy')),
    );
    for (const [index, definition] of definitions.entries()) {
      requireFields(definition, ` at proxy ${index + 1}`);
    }
    const proxies = await set.populate(definitions);
    // Go writes a list that was never filled as null.
    return { status: 201, json: { proxies: proxies.length === 0 ? null : proxies } };
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    const done = error instanceof PopulateError && error.done.length > 0 ? error.done : null;
    return { status: error.status, json: { error: error.message, status: error.status, proxies: done } };
  }
}

function showProxy({ set, names: [name = ''] }: Call): Answer {
  return { status: 200, json: set.get(name) };
}

async function updateProxy({ set, names: [name = ''], body }: Call): Promise<Answer> {
  set.get(name);
  const given = asObject(parseJson(body), 'a proxy');
  const change = {
    ...optional('listen', textField(given, 'listen')),
    ...optional('upstream', textField(given, 'upstream')),
    ...optional('enabled', flagField(given, 'enabled')),
  };
  return { status: 200, json: await set.update(name, change) };
}

async function deleteProxy({ set, names: [name = ''] }: Call): Promise<Answer> {
  await set.remove(name);
  return { status: 204 };
}

function listToxics({ set, names: [name = ''] }: Call): Answer {
  return { status: 200, json: set.toxics(name) };
}

function createToxic({ set, names: [name = ''], body }: Call): Answer {
  set.get(name);
  const given = asObject(parseJson(body), 'a toxic');
  const definition = {
    type: textField(given, 'type') ?? '',
    ...optional('name', textField(given, 'name')),
    ...optional('stream', textField(given, 'stream')),
    ...toxicChange(given),
  };
  return { status: 200, json: set.addToxic(name, definition) };
}

function showToxic({ set, names: [name = '', toxic = ''] }: Call): Answer {
  return { status: 200, json: set.toxic(name, toxic) };
}

function updateToxic({ set, names: [name = '', toxic = ''], body }: Call): Answer {
  set.toxic(name, toxic);
  const change = toxicChange(asObject(parseJson(body), 'a toxic'));
  return { status: 200, json: set.updateToxic(name, toxic, change) };
}

function deleteToxic({ set, names: [name = '', toxic = ''] }: Call): Answer {
  set.removeToxic(name, toxic);
  return { status: 204 };
}

function version(): Answer {
  const body = `{"version": "${TOXIPROXY_VERSION}"}\n`;
  return { status: 200, text: { type: 'application/json;charset=utf-8', body } };
}

function metrics({ set, more }: Call): Answer {
  const body = metricsText(set, more);
  return { status: 200, text: { type: 'text/plain; version=0.0.4; charset=utf-8', body } };
}

function proxyDefinition(given: JsonObject): ProxyDefinition {
  return {
    name: textField(given, 'name') ?? '',
    listen: textField(given, 'listen') ?? '',
    upstream: textField(given, 'upstream') ?? '',
    ...optional('enabled', flagField(given, 'enabled')),
    ...optional('protocol', protocolField(given)),
  };
}

function protocolField(given: JsonObject): Protocol | undefined {
  const protocol = textField(given, 'protocol');
  if (protocol === undefined || protocol === 'http' || protocol === 'tcp') return protocol;
  throw new ProxyError(
    400,
    `bad request body: protocol must be http or tcp, got ${JSON.stringify(protocol)}`,
  );
}

function toxicChange(given: JsonObject): ToxicChange {
  const attributes = field(given, 'attributes');
  return {
    ...optional('toxicity', numberField(given, 'toxicity')),
    ...(attributes === undefined ? {} : { attributes: asObject(attributes, 'attributes') }),
  };
}

function requireFields(definition: ProxyDefinition, where: string): void {
  for (const name of ['name', 'upstream'] as const) {
    if (definition[name] === '') throw new ProxyError(400, `missing required field: ${name}${where}`);
  }
}

/** A key that is only there when it has a value. */
function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}
