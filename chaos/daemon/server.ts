/** The control API: `/faults` and Toxiproxy's routes on one loopback port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CodedError } from '#base/errors.ts';
import { LOOPBACK_NAMES, refusal } from '#base/real/http-access.ts';
import { errorAnswer, faultsApi } from '#chaos/daemon/api.ts';
import type { Daemon } from '#chaos/daemon/daemon.ts';
import { faultFamilies } from '#chaos/daemon/metrics.ts';
import { answerNotFound, toxiproxyApi } from '#chaos/proxy/api.ts';
import type { ProxySet } from '#chaos/proxy/proxy-set.ts';

const ACCESS = { hosts: new Set(LOOPBACK_NAMES), apiKey: undefined };
/** A client that never ends its request must not keep a socket for ever. */
const REQUEST_MS_MAX = 25_000;

export function controlServer(daemon: Daemon, proxies: ProxySet): Server {
  const faults = faultsApi(daemon);
  const toxiproxy = toxiproxyApi(proxies, () => faultFamilies(daemon.controller.book));
  const server = createServer((request, response) => {
    const refused = whyRefused(request, daemon);
    if (refused !== undefined) reply(response, refused);
    else if (!faults(request, response) && !toxiproxy(request, response)) answerNotFound(response);
  });
  server.requestTimeout = REQUEST_MS_MAX;
  return server;
}

function whyRefused(request: IncomingMessage, daemon: Daemon): CodedError | undefined {
  const { headers, method = 'GET', url = '/' } = request;
  const path = url.replace(/\?.*$/, '');
  const isOurs = /^\/(?:faults|residue)(?:\/|$)/.test(path);
  // Toxiproxy refuses browsers by their name and so does its handler; our routes are refused here.
  if (isOurs && headers['user-agent']?.startsWith('Mozilla/') === true)
    return new CodedError('PLIM_ORIGIN_REFUSED', 'browsers may not break things; use plimsoll chaos');
  const blocked = daemon.controller.book.blocked && !isOurs && path !== '/reset';
  if (blocked && (method === 'POST' || method === 'PATCH'))
    return new CodedError('PLIM_FAULT_REFUSED', 'faults are blocked; plimsoll chaos allow lifts that');
  return refusal({ method, path, headers }, ACCESS);
}

function reply(response: ServerResponse, error: CodedError): void {
  const { status, body } = errorAnswer(error);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
