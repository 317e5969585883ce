/**
 * Alertmanager's API v2, as Grafana and amtool ask it. Errors are bare JSON
 * strings. Alerts cannot be posted yet: what pages here are SLOs.
 */
import { readFileSync } from 'node:fs';
import {
  json,
  Router,
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { AlertingApi } from '#alerting/ports.ts';
import { CodedError, isCoded } from '#base/errors.ts';
import type { Remote } from '#base/rpc.ts';
import { inDisplayOrder, toAlert, toGroup, toSilence } from '#server/alertmanager/convert.ts';
import { alertFilter, filters, flag, silenceDraft, type Query } from '#server/alertmanager/parse.ts';
import { asCoded, statusOf } from '#server/http/errors.ts';

/** A silence is at most 16 KiB; this leaves room for white space. */
const BODY_BYTES_MAX = 64 * 1024;

type Api = Remote<AlertingApi>;
type Answer = (request: Request, response: Response) => Promise<unknown>;

/** Mounted at `/api/v2`. */
export function alertmanagerRoutes(api: Api): Router {
  const router = Router();
  router.get(
    '/status',
    answer(async () => status(api)),
  );
  router.get(
    '/receivers',
    answer(async () => (await api.routing()).receivers.map((name) => ({ name }))),
  );
  alertRoutes(router, api);
  silenceRoutes(router, api);
  router.use((request) => {
    throw new CodedError('PLIM_NOT_FOUND', `there is nothing under ${request.baseUrl}${request.path}`);
  });
  router.use(lastResort);
  return router;
}

function alertRoutes(router: Router, api: Api): void {
  router.get(
    '/alerts',
    answer(async ({ query }) => {
      // All of ours are processed and none is inhibited: these two can only be checked.
      flag(query as Query, 'unprocessed', true);
      flag(query as Query, 'inhibited', true);
      const alerts = await api.alerts(alertFilter(query as Query));
      return alerts.map(toAlert).toSorted((left, right) => (left.fingerprint < right.fingerprint ? -1 : 1));
    }),
  );
  router.get(
    '/alerts/groups',
    answer(async ({ query }) => {
      flag(query as Query, 'inhibited', true);
      flag(query as Query, 'muted', true);
      return (await api.alertGroups(alertFilter(query as Query))).map(toGroup);
    }),
  );
  router.post(
    '/alerts',
    answer(() => {
      throw new CodedError(
        'PLIM_NOT_FOUND',
        'POST /api/v2/alerts is not supported yet; alerts come from SLOs',
      );
    }),
  );
}

function silenceRoutes(router: Router, api: Api): void {
  router.get(
    '/silences',
    answer(async ({ query }) => {
      const shown = {
        active: flag(query as Query, 'active', true),
        pending: flag(query as Query, 'pending', true),
        expired: flag(query as Query, 'expired', true),
      };
      const silences = await api.silences(filters(query as Query));
      return inDisplayOrder(silences.filter(({ state }) => shown[state])).map(toSilence);
    }),
  );
  router.post(
    '/silences',
    json({ limit: BODY_BYTES_MAX, strict: false }),
    answer(async (request) => ({ silenceID: await api.putSilence(silenceDraft(request.body)) })),
  );
  router.get(
    '/silence/:id',
    answer(async (request) => {
      const id = String(request.params['id']);
      const silence = await api.silence(id);
      if (silence === undefined) throw unknownSilence(id);
      return toSilence(silence);
    }),
  );
  router.delete(
    '/silence/:id',
    answer(async (request, response) => {
      const id = String(request.params['id']);
      if (!(await api.expireSilence(id))) throw unknownSilence(id);
      response.status(200).end();
      return undefined;
    }),
  );
}

function unknownSilence(id: string): CodedError {
  return new CodedError('PLIM_NOT_FOUND', `silence ${id} not found`);
}

/** All four parts are required; Grafana's check of the data source is a 200 here. */
async function status(api: Api): Promise<unknown> {
  const [{ config }, { startedAtMs }] = await Promise.all([api.routing(), api.status()]);
  return {
    cluster: { status: 'disabled', name: '', peers: [] },
    config: { original: config },
    uptime: new Date(startedAtMs).toISOString(),
    versionInfo: {
      branch: '',
      buildDate: '',
      buildUser: '',
      goVersion: '',
      revision: '',
      version: packageVersion(),
    },
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

function answer(run: Answer): RequestHandler {
  return async (request, response) => {
    try {
      const value = await run(request, response);
      if (!response.headersSent) response.json(value);
    } catch (error) {
      sendText(response, error);
    }
  };
}

/** Also what the body parser throws: broken JSON, or too much of it. */
const lastResort: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) next(error);
  else sendText(response, fromBodyParser(error));
};

function fromBodyParser(error: unknown): unknown {
  const known = asCoded(error);
  return isCoded(known, 'PLIM_BODY_TOO_LARGE')
    ? new CodedError('PLIM_BODY_TOO_LARGE', `the body is larger than ${BODY_BYTES_MAX} bytes`)
    : known;
}

function sendText(response: Response, error: unknown): void {
  const code = statusOf(error);
  if (code === 503) response.set('Retry-After', '1');
  response.status(code).json(error instanceof CodedError ? error.message : 'an internal error');
}
