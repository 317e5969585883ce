/** What is instrumented, and how much of it: one span for a request in, one for a request out. */
import type { IncomingMessage, RequestOptions, ServerResponse } from 'node:http';
import { context, type Attributes, type Span } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { isOperational } from '#sdk/http/paths.ts';
import { observeRequest } from '#sdk/metrics/requests.ts';

/** Attributes of a client span by `host:port` of who is called. */
type Peers = ReadonlyMap<string, Attributes>;

const NOBODY: Attributes = {};

export function instrumentations(peerServices: ReadonlyMap<string, string>): Instrumentation[] {
  const peers = new Map<string, Attributes>();
  for (const [host, name] of peerServices) {
    // The first is the convention of today, the second what most tools still read.
    peers.set(host, { 'service.peer.name': name, 'peer.service': name });
  }
  return [http(peers), express(), undici(peers)];
}

function http(peers: Peers): Instrumentation {
  const startedMs = new WeakMap<object, number>();
  return new HttpInstrumentation({
    ignoreIncomingRequestHook: ({ url = '' }) => isOperational(url),
    startIncomingSpanHook: (request) => {
      startedMs.set(request, performance.now());
      return NOBODY;
    },
    startOutgoingSpanHook: (request) => peers.get(hostOf(request)) ?? NOBODY,
    applyCustomAttributesOnSpan: (span, request, response) => {
      const beganMs = startedMs.get(request);
      // Only requests that came in have a beginning here.
      if (beganMs === undefined) return;
      served(span, request as IncomingMessage, response as ServerResponse, performance.now() - beganMs);
    },
  });
}

function served(span: Span, request: IncomingMessage, response: ServerResponse, tookMs: number): void {
  observeRequest({
    method: request.method ?? '',
    route: getRPCMetadata(context.active())?.route ?? '',
    status: response.headersSent ? response.statusCode : 0,
    seconds: tookMs / 1000,
    span: span.spanContext(),
  });
}

/** Its layers tell the route to the server's span; as spans of their own they would only cost. */
function express(): Instrumentation {
  return new ExpressInstrumentation({
    ignoreLayersType: [
      ExpressLayerType.MIDDLEWARE,
      ExpressLayerType.ROUTER,
      ExpressLayerType.REQUEST_HANDLER,
    ],
  });
}

function undici(peers: Peers): Instrumentation {
  return new UndiciInstrumentation({
    startSpanHook: ({ origin }) => peers.get(origin.slice(origin.indexOf('//') + 2)) ?? NOBODY,
  });
}

function hostOf({ host, hostname, port }: RequestOptions): string {
  const name = hostname ?? host ?? '';
  return name.includes(':') || port === undefined || port === null ? name : `${name}:${port}`;
}
