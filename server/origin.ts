/**
 * The origin: one Express app in front of everything a person or an engine's
 * client asks. It guards, routes and answers 404 in the right shape; what it
 * answers with comes from the threads behind their ports.
 */
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express';
import { CodedError, errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import { consoleRoutes, type Console } from '#server/console.ts';
import { asCoded, notFound, sendError } from '#server/http/errors.ts';
import { METRICS_CONTENT_TYPE } from '#server/http/metrics-page.ts';
import { refusal, type AccessRules } from '#base/real/http-access.ts';

export interface OriginParts {
  readonly access: AccessRules;
  readonly log: Logger;
  /** Routers by the prefix they are mounted at; they answer their own 404s. */
  readonly routers: readonly { readonly prefix: string; readonly router: Router }[];
  /** The page of `/metrics`. */
  readonly metrics: () => Promise<string>;
  readonly console: () => Console;
  /** The reason why it is not ready, or undefined. */
  readonly notReady: () => string | undefined;
}

export function createOrigin(parts: OriginParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(guard(parts.access));
  app.get(
    '/-/healthy',
    (_request, response) => void response.type('text/plain').send('Plimsoll is healthy.\n'),
  );
  app.get('/-/ready', (_request, response) => {
    const reason = parts.notReady();
    response.status(reason === undefined ? 200 : 503).type('text/plain');
    response.send(reason === undefined ? 'Plimsoll is ready.\n' : `Plimsoll is not ready: ${reason}.\n`);
  });
  app.get('/metrics', async (_request, response) => {
    response.set('Content-Type', METRICS_CONTENT_TYPE).send(await parts.metrics());
  });
  for (const { prefix, router } of parts.routers) app.use(prefix, router);
  app.use(consoleRoutes(parts.console));
  app.use(notFound);
  app.use(lastResort(parts.log));
  return app;
}

function guard(rules: AccessRules): RequestHandler {
  return (request, response, next) => {
    response.set({
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'Cache-Control': 'no-store',
    });
    const reason = refusal(request, rules);
    if (reason === undefined) next();
    else sendError(response, reason);
  };
}

function lastResort(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = asCoded(error);
    if (!(known instanceof CodedError)) {
      log.error(
        { error: errorText(error), stack: error instanceof Error ? error.stack : '', path: request.path },
        'a request failed',
      );
    }
    sendError(response, known);
  };
}
