/**
 * What runs beside the platform in the demo: the fault daemon and the page
 * receiver, each on a port of its own. A page in a browser talks to its origin
 * only, so the origin carries their JSON, under the origin's own guard: both
 * refuse browsers themselves.
 */
import { json, Router, type Request, type RequestHandler } from 'express';
import { CodedError, ERRORS, errorText, type ErrorCode } from '#base/errors.ts';
import type { Net, NetRequest, NetResponse } from '#base/net.ts';
import { sendError } from '#server/http/errors.ts';

export interface Companions {
  /** Base URLs on loopback, without a slash at the end; undefined: there is none. */
  readonly chaos: string | undefined;
  readonly pages: string | undefined;
  /** Folder of proof reports. */
  readonly proofs: string | undefined;
  /** Base URL of a Grafana with our boards, as browsers reach it, without a slash at the end. */
  readonly grafana: string | undefined;
}

/** They are on this machine and do little. */
const TIMEOUT_MS = 5000;
/** A request to begin a fault has a few hundred bytes. */
const BODY_BYTES_MAX = 64 * 1024;
/** Twice what the page receiver keeps, and far more than a thousand faults that are over. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const PAGES_DEFAULT = 100;
/** As many as the page receiver keeps. */
const PAGES_MAX = 500;
const FAULT_ID = /^[\w-]{1,64}$/;

interface Companion {
  /** To finish the sentence "… does not answer". */
  readonly name: string;
  readonly url: string | undefined;
}

interface Reachable extends Companion {
  readonly url: string;
}

type Call = Pick<NetRequest, 'method'> & { readonly path: string; readonly body?: unknown };

/** Mounted at `/api/plimsoll/v1`. */
export function companionRoutes({ chaos, pages, proofs, grafana }: Companions, net: Net): Router {
  const router = Router();
  router.get('/companions', (_request, response) => {
    response.json({
      chaos: chaos !== undefined,
      pages: pages !== undefined,
      proofs: proofs !== undefined,
      grafana: grafana ?? null,
    });
  });
  addFaultRoutes(router, carrier(net, { name: 'fault daemon', url: chaos }));
  const toPager = carrier(net, { name: 'page receiver', url: pages });
  router.get(
    '/pages',
    toPager(({ query }) => ({ method: 'GET', path: `/pages?limit=${limitOf(query['limit'])}` })),
  );
  return router;
}

function addFaultRoutes(router: Router, toDaemon: ReturnType<typeof carrier>): void {
  const body = json({ limit: BODY_BYTES_MAX });
  router.get(
    '/faults',
    toDaemon(() => ({ method: 'GET', path: '/faults' })),
  );
  router.get(
    '/faults/catalogue',
    toDaemon(() => ({ method: 'GET', path: '/faults/catalogue' })),
  );
  router.post(
    '/faults',
    body,
    toDaemon((request) => ({ method: 'POST', path: '/faults', body: startOf(request.body) })),
  );
  router.post(
    '/faults/:id/renew',
    toDaemon((request) => ({ method: 'POST', path: `/faults/${idOf(request)}/renew` })),
  );
  router.delete(
    '/faults/:id',
    toDaemon((request) => ({ method: 'DELETE', path: `/faults/${idOf(request)}` })),
  );
  router.delete(
    '/faults',
    toDaemon(() => ({ method: 'DELETE', path: '/faults' })),
  );
}

/** Handlers that carry one call to `companion`, and its answer back. */
function carrier(net: Net, companion: Companion) {
  return (callOf: (request: Request) => Call): RequestHandler =>
    async (request, response) => {
      try {
        const { name, url } = companion;
        if (url === undefined)
          throw new CodedError(
            'PLIM_NOT_FOUND',
            `there is no ${name} beside this platform; start one with npm start`,
          );
        const answer = await carry(net, { name, url }, callOf(request));
        response.status(answer.status).type('json').send(Buffer.from(answer.body));
      } catch (error) {
        sendError(response, error);
      }
    };
}

/** A good answer as it came. @throws CodedError what the companion says, or `PLIM_COMPANION_UNREACHABLE` */
async function carry(net: Net, { name, url }: Reachable, call: Call): Promise<NetResponse> {
  const { method, path, body } = call;
  const unreachable = (why: string, cause?: unknown): CodedError =>
    new CodedError('PLIM_COMPANION_UNREACHABLE', `the ${name} at ${url} ${why}`, { cause });
  const answer = await net
    .request({
      method,
      url: `${url}${path}`,
      headers: { 'content-type': 'application/json', 'user-agent': 'plimsoll' },
      timeoutMs: TIMEOUT_MS,
      responseBytesMax: ANSWER_BYTES_MAX,
      ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
    })
    .catch((error: unknown) => {
      throw unreachable(`does not answer: ${errorText(error)}`, error);
    });
  if (answer.truncated) throw unreachable(`answers with more than ${ANSWER_BYTES_MAX} bytes`);
  if (answer.headers['content-type']?.startsWith('application/json') !== true)
    throw unreachable(`answered ${method} ${path} with ${answer.status} and no JSON`);
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw errorOf(answer.body) ?? unreachable(`answered ${method} ${path} with ${answer.status}`);
}

/** `{"error": {"code", "message"}}` as it was thrown there; undefined when it is nothing of ours. */
function errorOf(body: Uint8Array): CodedError | undefined {
  const { error } = parsed(body) as {
    readonly error?: { readonly code?: unknown; readonly message?: unknown };
  };
  const { code, message } = error ?? {};
  return isErrorCode(code) ? new CodedError(code, String(message)) : undefined;
}

function parsed(body: Uint8Array): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

/**
 * Nobody renews for a page that has been closed: what begins here ends by itself
 * at a time that is known at once. The daemon checks all else.
 */
function startOf(body: unknown): object {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new CodedError(
      'PLIM_PARAMETER',
      'expected a JSON object with fault, target and forMs, sent as application/json',
    );
  if ('leaseMs' in body || !('forMs' in body) || typeof body.forMs !== 'number')
    throw new CodedError(
      'PLIM_PARAMETER',
      'a fault begun here runs for a fixed time: give forMs in milliseconds, and no leaseMs',
    );
  return body;
}

function idOf(request: Request): string {
  const id = String(request.params['id']);
  if (FAULT_ID.test(id)) return id;
  throw new CodedError('PLIM_NOT_FOUND', `there is no fault ${JSON.stringify(id)}`);
}

function limitOf(value: unknown): number {
  if (value === undefined || value === '') return PAGES_DEFAULT;
  const limit = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= PAGES_MAX) return limit;
  const message = `limit is ${JSON.stringify(value)}; expected a whole number from 1 to ${PAGES_MAX}`;
  throw new CodedError('PLIM_PARAMETER', message);
}
