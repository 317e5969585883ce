/** `/faults` over HTTP, beside Toxiproxy's own routes. Answers are JSON; errors carry a code. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CodedError, errorText, isCoded, type ErrorCode } from '#base/errors.ts';
import { FIXED_MS_MAX, LEASE_MS_DEFAULT, renewEveryMs } from '#chaos/core/lease.ts';
import type { FaultRecord } from '#chaos/core/book.ts';
import { readStartRequest } from '#chaos/daemon/request.ts';
import type { Daemon } from '#chaos/daemon/daemon.ts';

/** A request to begin a fault has a few hundred bytes. */
const BODY_BYTES_MAX = 64 * 1024;

const STATUS: Partial<Record<ErrorCode, number>> = {
  PLIM_PARAMETER: 400,
  PLIM_BODY_MALFORMED: 400,
  PLIM_BODY_TOO_LARGE: 413,
  PLIM_TARGET_REFUSED: 403,
  PLIM_HOST_REFUSED: 403,
  PLIM_ORIGIN_REFUSED: 403,
  PLIM_NOT_FOUND: 404,
  PLIM_METHOD: 405,
  PLIM_FAULT_REFUSED: 409,
  PLIM_FAULT_UNAVAILABLE: 422,
  PLIM_DEMO_FILE: 503,
};

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A fault as it is told; `leaseMs` is what is left of its lease. */
export type FaultView = FaultRecord & { readonly state: 'on' | 'over'; readonly leaseMs: number };

/** True when the path was ours, answered or about to be. */
export function faultsApi(daemon: Daemon): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/, '');
    if (path !== '/residue' && !/^\/faults(?:\/|$)/.test(path)) return false;
    void answer(daemon, request, path)
      .catch((error: unknown) => errorAnswer(error))
      .then(({ status, body }) => {
        const text = `${JSON.stringify(body)}\n`;
        response.writeHead(status, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        });
        response.end(text);
      });
    return true;
  };
}

export function errorAnswer(error: unknown): Answer {
  const code = isCoded(error) ? error.code : 'PLIM_INTERNAL';
  return { status: STATUS[code] ?? 500, body: { error: { code, message: errorText(error) } } };
}

async function answer(daemon: Daemon, request: IncomingMessage, path: string): Promise<Answer> {
  const method = request.method ?? 'GET';
  const [, room = '', name, verb] = path.split('/');
  if (room === 'residue') return withMethod(method, { GET: async () => ok(await daemon.residue()) });
  if (name === undefined || name === '') return withMethod(method, ofAll(daemon, request));
  if (verb === undefined && name === 'catalogue')
    return withMethod(method, { GET: async () => ok({ faults: daemon.catalogue() }) });
  if (verb === undefined && name === 'blocked')
    return withMethod(method, { PUT: async () => ok(block(daemon, await readBody(request))) });
  if (verb === undefined) return withMethod(method, ofOne(daemon, name));
  if (verb === 'renew')
    return withMethod(method, { POST: async () => ok(view(daemon, daemon.controller.renew(name))) });
  throw new CodedError('PLIM_NOT_FOUND', `there is nothing under ${path}`);
}

type Methods = Readonly<Record<string, () => Promise<Answer>>>;

function withMethod(method: string, methods: Methods): Promise<Answer> {
  const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (run !== undefined) return run();
  throw new CodedError(
    'PLIM_METHOD',
    `${method} is not allowed here; ${Object.keys(methods).join(', ')} are`,
  );
}

function ofAll(daemon: Daemon, request: IncomingMessage): Methods {
  const { controller } = daemon;
  const { book } = controller;
  return {
    GET: async () =>
      ok({
        blocked: book.blocked,
        active: book.active.map((record) => view(daemon, record)),
        ended: book.ended.map((record) => view(daemon, record)),
        limits: {
          leaseMs: LEASE_MS_DEFAULT,
          renewEveryMs: renewEveryMs(LEASE_MS_DEFAULT),
          forMsMax: FIXED_MS_MAX,
        },
      }),
    POST: async () => {
      const record = await controller.start(readStartRequest(await readBody(request)));
      return { status: 201, body: view(daemon, record) };
    },
    DELETE: async () => ok({ stopped: await daemon.stopAll() }),
  };
}

function ofOne({ controller }: Daemon, id: string): Methods {
  const found = (): FaultRecord => {
    const record = controller.book.find(id);
    if (record === undefined) throw new CodedError('PLIM_NOT_FOUND', `there is no fault ${id}`);
    return record;
  };
  return {
    GET: async () => ok(viewOf(found(), controller.leftMs(id))),
    DELETE: async () => ok(viewOf(await controller.stop(id, 'request'), 0)),
  };
}

function view({ controller }: Daemon, record: FaultRecord): FaultView {
  return viewOf(record, controller.leftMs(record.id));
}

function viewOf(record: FaultRecord, leaseMs: number): FaultView {
  return { ...record, state: record.endedMs === undefined ? 'on' : 'over', leaseMs: Math.round(leaseMs) };
}

function block({ controller }: Daemon, body: unknown): object {
  const blocked = typeof body === 'object' && body !== null && 'blocked' in body ? body.blocked : undefined;
  if (typeof blocked !== 'boolean')
    throw new CodedError('PLIM_PARAMETER', 'expected {"blocked": true} or {"blocked": false}');
  controller.book.block(blocked);
  return { blocked };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX)
      throw new CodedError('PLIM_BODY_TOO_LARGE', `the body is larger than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new CodedError('PLIM_BODY_MALFORMED', 'the body is no JSON');
  }
}
