/** Prometheus' API on the origin: HTTP in, the handlers' answers out. */
import express, { type ErrorRequestHandler, type Request, type Response, type Router } from 'express';
import type { Remote } from '#base/rpc.ts';
import { CodedError, errorText } from '#base/errors.ts';
import { errorAnswer, type Answer } from '#server/prometheus/answers.ts';
import type { PrometheusApi } from '#server/prometheus/handlers.ts';
import type { ParameterPair } from '#server/prometheus/parameters.ts';

/** Bytes of a form: a query of the greatest length, percent-encoded, with room to spare. */
export const FORM_BYTES_MAX = 1024 * 1024;
const FORM_TYPE = 'application/x-www-form-urlencoded';

/**
 * To be mounted at `/api/v1`. Every route takes GET and POST; parameters of the
 * form and of the URL are merged. What it does not know is a 404 in Prometheus'
 * shape.
 */
export function prometheusRoutes(api: Remote<PrometheusApi> | PrometheusApi): Router {
  const router = express.Router();
  router.use(express.text({ type: FORM_TYPE, limit: FORM_BYTES_MAX, defaultCharset: 'utf-8' }));
  router.use(async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableEnded) gone.abort(new Error('the client is gone'));
    });
    const { path, method } = request;
    const parameters = parametersOf(request);
    sendAnswer(response, await answerOf(() => api.handle({ path, method, parameters }, gone.signal)));
  });
  router.use(bodyErrors);
  return router;
}

/** A thread that is gone is an answer too, in the shape the client expects. */
async function answerOf(handle: () => Promise<Answer>): Promise<Answer> {
  try {
    return await handle();
  } catch (error) {
    return errorAnswer(error);
  }
}

/** Of the form first, then of the URL. */
export function parametersOf(request: Request): readonly ParameterPair[] {
  const query = request.originalUrl.indexOf('?');
  const inUrl = query < 0 ? '' : request.originalUrl.slice(query + 1);
  const body: unknown = request.body;
  const inForm = typeof body === 'string' ? body : '';
  return [...new URLSearchParams(inForm), ...new URLSearchParams(inUrl)];
}

export function sendAnswer(response: Response, { status, body }: Answer): void {
  if (response.destroyed) return;
  if (status === 503) response.set('Retry-After', '1');
  response.status(status).set('Content-Type', 'application/json');
  response.end(body);
}

/** The body parser throws errors with a status of their own. */
const bodyErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  sendAnswer(response, errorAnswer(asBodyError(error)));
};

function asBodyError(error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error)) return error;
  switch (error.status) {
    case 413:
      return new CodedError('PLIM_BODY_TOO_LARGE', `the form is over ${FORM_BYTES_MAX} bytes`);
    case 415:
      return new CodedError('PLIM_MEDIA_TYPE', errorText(error));
    case 400:
      return new CodedError('PLIM_BODY_MALFORMED', errorText(error));
    default:
      return error;
  }
}
