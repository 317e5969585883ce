/**
 * The generator's doors. Its control, on loopback: change the rate, send a crowd,
 * read what users saw. And, for a scraper on another machine, the last of it alone.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { REQUESTS_PER_SECOND, type Address } from '#sample-services/load/flags.ts';
import type { LoadLoop } from '#sample-services/load/loop.ts';
import { METRICS_CONTENT_TYPE, metricsText } from '#sample-services/load/metrics.ts';

const BODY_BYTES_MAX = 4096;
/** Twenty times the highest rate is more than any machine makes; the in-flight limit ends it sooner. */
const CROWD_FACTOR = { min: 1, max: 20 } as const;
const CROWD_SECONDS = { min: 1, max: 3600 } as const;

interface Answer {
  readonly status: number;
  /** Sent as JSON unless there is a text. */
  readonly body: unknown;
  readonly text?: string;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** What a request says, or the answer that says what is wrong with it. */
type Fields<Name extends string> = Answer | { readonly values: Readonly<Record<Name, number>> };

/** @throws Error when the address is taken */
export function startControl(loop: LoadLoop, address: Address): Promise<Server> {
  return listening((request, response) => void handle(loop, request, response), address);
}

/** Answers `GET /metrics` and nothing else. @throws Error when the address is taken */
export function startMetrics(loop: LoadLoop, address: Address): Promise<Server> {
  return listening(({ method, url }, response) => {
    if (method === 'GET' && url === '/metrics') {
      response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(metricsText(loop.stats()));
    } else {
      response.writeHead(404).end();
    }
  }, address);
}

async function listening(listener: RequestListener, address: Address): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function handle(loop: LoadLoop, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body, text } = await answer(loop, request).catch(() =>
    problem(400, 'the request was cut off'),
  );
  if (text !== undefined) {
    response.writeHead(status, { 'content-type': METRICS_CONTENT_TYPE }).end(text);
    return;
  }
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(`${JSON.stringify(body)}\n`);
}

async function answer(loop: LoadLoop, request: IncomingMessage): Promise<Answer> {
  // A page in a browser must not be able to send a flood to this machine.
  if (request.headers['user-agent']?.startsWith('Mozilla/') === true) {
    return problem(403, 'browsers are not let in');
  }
  const { method = '', url = '' } = request;
  switch (`${method} ${url}`) {
    case 'GET /stats':
      return { status: 200, body: loop.stats() };
    case 'GET /metrics':
      return { status: 200, body: null, text: metricsText(loop.stats()) };
    case 'PUT /rate':
      return setRate(loop, await readFields(request, { requestsPerSecond: REQUESTS_PER_SECOND }));
    case 'POST /flash-crowd':
      return flashCrowd(loop, await readFields(request, { factor: CROWD_FACTOR, seconds: CROWD_SECONDS }));
    default:
      return problem(404, 'there are GET /stats, GET /metrics, PUT /rate and POST /flash-crowd');
  }
}

function setRate(loop: LoadLoop, fields: Fields<'requestsPerSecond'>): Answer {
  if ('status' in fields) return fields;
  loop.setRate(fields.values.requestsPerSecond);
  return { status: 200, body: fields.values };
}

function flashCrowd(loop: LoadLoop, fields: Fields<'factor' | 'seconds'>): Answer {
  if ('status' in fields) return fields;
  const { factor, seconds } = fields.values;
  loop.flashCrowd(factor, 1000 * seconds);
  return { status: 202, body: fields.values };
}

/** All fields, each a number in its range, or the answer that says what is wrong. */
async function readFields<Name extends string>(
  request: IncomingMessage,
  ranges: Readonly<Record<Name, Range>>,
): Promise<Fields<Name>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return problem(413, `at most ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const body = parsed(Buffer.concat(chunks).toString('utf8'));
  const values: Record<string, number> = {};
  for (const [name, { min, max }] of Object.entries<Range>(ranges)) {
    const value = body[name];
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      return problem(400, `${name} must be a number from ${min} to ${max}`);
    }
    values[name] = value;
  }
  return { values: values as Record<Name, number> };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function problem(status: number, detail: string): Answer {
  return { status, body: { type: 'about:blank', title: 'Refused', status, detail } };
}
