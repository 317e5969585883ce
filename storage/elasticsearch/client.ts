/**
 * Talks to Elasticsearch 8 and 9 and to OpenSearch. The only file that knows
 * `@elastic/elasticsearch`: of it we use connections, nodes and their health.
 * Retries and batches are ours: the client's own would repeat a write that may
 * have been done, and hold back what trickles in.
 */
import { constants, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { Client, errors, SniffingTransport, type ClientOptions } from '@elastic/elasticsearch';
import { AccessError, tlsFailure } from '#base/access.ts';
import type { TlsConfig } from '#base/config/tls.ts';
import { errorText } from '#base/errors.ts';
import { readTls } from '#base/real/tls-files.ts';
import { isSecurityRefusal, moreReasons, refusal } from '#storage/elasticsearch/core/answers.ts';

/** Between a refresh that hangs and an answer nobody waits for any more. */
const TIMEOUT_MS = 30_000;
/** Read into memory at once; a page of documents is cut far below. */
const RESPONSE_BYTES_MAX = 256 * 2 ** 20;

export interface Connection {
  /** `http://HOST:PORT` each; a dead one is left alone for a while. */
  readonly endpoints: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly auth:
    | { readonly username: string; readonly password: string }
    /** As Elasticsearch hands it out, `encoded`. */
    | { readonly apiKey: string }
    | undefined;
  readonly tls: TlsConfig;
  /** Requests are sent with gzip. */
  readonly compresses: boolean;
}

export interface Server {
  readonly product: 'elasticsearch' | 'opensearch';
  /** `9.4.3`, for people. */
  readonly version: string;
}

export interface EsRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON in UTF-8, or lines of it with `ndjson`. */
  readonly body?: string | Buffer;
  readonly ndjson?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface EsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; a text when it is none. */
  readonly body: unknown;
}

/** No answer came, or one that is none of the kind asked for. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly reason: 'unreachable' | 'timeout' | 'too_large' | 'not_supported';

  constructor(reason: NoAnswerError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

interface MediaTypes {
  readonly json: string;
  readonly ndjson: string;
}

/** Every server takes these; OpenSearch takes no others. */
const PLAIN: MediaTypes = { json: 'application/json', ndjson: 'application/x-ndjson' };

/** Asks for the behaviour of one major version, also from the next. */
function compatibleWith(major: number): MediaTypes {
  const type = (format: string) => `application/vnd.elasticsearch+${format}; compatible-with=${major}`;
  return { json: type('json'), ndjson: type('x-ndjson') };
}

/** Without the check that refuses every answer that does not say it is Elastic's own. */
class AnyProductTransport extends SniffingTransport {
  constructor(options: ConstructorParameters<typeof SniffingTransport>[0]) {
    const { productCheck: _unchecked, ...others } = options;
    super(others);
  }
}

const gzipped = promisify(gzip);

export class EsClient implements AsyncDisposable {
  readonly server: Server;
  readonly #client: Client;
  readonly #compresses: boolean;
  readonly #types: MediaTypes;
  readonly #who: Who;

  private constructor(client: Client, connection: Connection, server: Server) {
    this.server = server;
    this.#client = client;
    this.#compresses = connection.compresses;
    this.#types = mediaTypesOf(server);
    this.#who = whoOf(connection);
  }

  /**
   * Asks once what the server is.
   *
   * @throws NoAnswerError, AccessError, or CodedError `PLIM_CONFIG_INVALID` when a file of `tls` cannot be read
   */
  static async connect(connection: Connection, signal?: AbortSignal): Promise<EsClient> {
    const client = new Client(clientOptions(connection));
    try {
      return new EsClient(client, connection, await detect({ client, who: whoOf(connection) }, signal));
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /**
   * Resolves with any status that is not about who we are.
   *
   * @throws NoAnswerError, AccessError, or the reason of `signal`
   */
  async request(request: EsRequest): Promise<EsAnswer> {
    const { body, ndjson = false } = request;
    const headers: Record<string, string> = { accept: this.#types.json };
    if (body !== undefined) headers['content-type'] = ndjson ? this.#types.ndjson : this.#types.json;
    const to = { client: this.#client, who: this.#who };
    if (body === undefined || !this.#compresses) return send(to, request, headers, body);
    headers['content-encoding'] = 'gzip';
    headers['accept-encoding'] = 'gzip';
    // The fastest level takes a third of the time and leaves a tenth more.
    const packed = await gzipped(body, { level: constants.Z_BEST_SPEED });
    return send(to, request, headers, packed);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.close();
  }
}

function clientOptions({ endpoints, headers, auth, tls }: Connection): ClientOptions {
  return {
    nodes: [...endpoints],
    headers: { ...headers },
    ...(auth === undefined ? {} : { auth }),
    tls: tlsOptions(tls),
    Transport: AnyProductTransport,
    maxRetries: 0,
    requestTimeout: TIMEOUT_MS,
    maxResponseSize: RESPONSE_BYTES_MAX,
    maxCompressedResponseSize: RESPONSE_BYTES_MAX,
    // What our client is made of is nobody's business.
    enableMetaHeader: false,
  };
}

/** @throws CodedError `PLIM_CONFIG_INVALID` */
function tlsOptions(config: TlsConfig): NonNullable<ClientOptions['tls']> {
  const { ca, cert, key, serverName, skipsVerify = false } = readTls(config) ?? {};
  return {
    rejectUnauthorized: !skipsVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

async function detect(to: Target, signal: AbortSignal | undefined): Promise<Server> {
  const root = await askPlainly(to, '/', signal);
  const version = (root.body as { version?: { number?: unknown; distribution?: unknown } } | null)?.version;
  if (root.status === 200 && version?.distribution === 'opensearch')
    return { product: 'opensearch', version: String(version.number) };
  if (root.headers['x-elastic-product'] !== 'Elasticsearch') throw notSupported(root);
  return checked(
    root.status === 200 ? String(version?.number) : await versionOfNode(to, root.status, signal),
  );
}

function notSupported({ status }: EsAnswer): NoAnswerError {
  const message =
    status === 200
      ? 'the server is neither Elasticsearch nor OpenSearch'
      : `the server answers ${status} when asked what it is`;
  return new NoAnswerError('not_supported', message);
}

/** A distribution without the module for `GET /` tells it elsewhere. */
async function versionOfNode(
  to: Target,
  rootStatus: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { status, body } = await askPlainly(to, '/_nodes/_local?filter_path=nodes.*.version', signal);
  if (status !== 200)
    throw new NoAnswerError(
      'not_supported',
      `Elasticsearch answers ${rootStatus} when asked for its version`,
    );
  const [node] = Object.values((body as { nodes?: Record<string, { version?: string }> }).nodes ?? {});
  return node?.version ?? '';
}

function askPlainly(to: Target, path: string, signal: AbortSignal | undefined): Promise<EsAnswer> {
  return send(to, { method: 'GET', path, signal }, { accept: PLAIN.json }, undefined);
}

/** The oldest that knows data streams, and whose errors we know. */
const ELASTICSEARCH_MAJOR_MIN = 8;

function checked(version: string): Server {
  if (majorOf(version) >= ELASTICSEARCH_MAJOR_MIN) return { product: 'elasticsearch', version };
  throw new NoAnswerError(
    'not_supported',
    `Elasticsearch ${version} is older than ${ELASTICSEARCH_MAJOR_MIN}.0, the oldest version supported`,
  );
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

function mediaTypesOf({ product, version }: Server): MediaTypes {
  return product === 'opensearch' ? PLAIN : compatibleWith(Math.min(majorOf(version), 9));
}

/** How errors name the server and what says who we are. */
interface Who {
  readonly endpoints: string;
  readonly keys: string;
}

interface Target {
  readonly client: Client;
  readonly who: Who;
}

function whoOf({ endpoints, auth, headers }: Connection): Who {
  const isInHeaders = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const keys =
    auth === undefined
      ? isInHeaders
        ? 'Authorization under headers'
        : 'user and password, or api_key'
      : 'apiKey' in auth
        ? 'api_key'
        : 'user and password';
  return { endpoints: endpoints.join(', '), keys };
}

/** Of a right that is missing the server says which; the how-to lists all. */
function refusedAccess({ endpoints, keys }: Who, answer: EsAnswer): AccessError {
  const remedy =
    answer.status === 403
      ? `give who ${keys} name the rights listed in docs/how-to/run-at-scale.md`
      : `mend ${keys}`;
  const message = `Elasticsearch at ${endpoints} answered ${refusal(answer)}${moreReasons(answer)}; ${remedy}`;
  return new AccessError('PLIM_CREDENTIALS_REFUSED', message);
}

async function send(
  { client, who }: Target,
  request: EsRequest,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer | undefined,
): Promise<EsAnswer> {
  const { signal } = request;
  signal?.throwIfAborted();
  const { method, path } = request;
  const parameters = {
    method,
    path,
    ...(request.query === undefined ? {} : { querystring: { ...request.query } }),
    // A body for `bulkBody` is sent as it is.
    ...(body === undefined ? {} : { bulkBody: body as string }),
  };
  const options = {
    headers: { ...headers },
    meta: true as const,
    requestTimeout: request.timeoutMs ?? TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    const answer = await client.transport.request<unknown>(parameters, options);
    return { status: answer.statusCode ?? 0, headers: plain(answer.headers), body: answer.body };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof errors.ResponseError)) throw asNoAnswer(error, who);
    const { statusCode = 0, body: said, headers: heads } = error.meta;
    const answer = { status: statusCode, headers: plain(heads), body: said };
    if (isSecurityRefusal(answer)) throw refusedAccess(who, answer);
    return answer;
  }
}

function asNoAnswer(error: unknown, { endpoints }: Who): NoAnswerError | AccessError {
  const options = { cause: error };
  if (error instanceof errors.TimeoutError) return new NoAnswerError('timeout', 'no answer in time', options);
  if (error instanceof errors.RequestAbortedError)
    return new NoAnswerError('too_large', `the answer is over ${RESPONSE_BYTES_MAX} bytes`, options);
  // A server that wants TLS hangs up on plain HTTP without a word.
  const isHungUp = endpoints.startsWith('http:') && /other side closed|hang up/.test(errorText(error));
  const hint = isHungUp ? '; if it speaks TLS, its address begins with https://' : '';
  return (
    tlsFailure(error, endpoints) ??
    new NoAnswerError('unreachable', `no answer: ${errorText(error)}${hint}`, options)
  );
}

function plain(headers: unknown): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {}))
    if (value !== undefined) flat[name.toLowerCase()] = String(value);
  return flat;
}
