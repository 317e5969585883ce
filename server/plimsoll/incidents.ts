/** `/api/plimsoll/v1/incidents` and `/deliveries`: who was hurt, who knows, and what became of each page. */
import { json, Router, type Request, type RequestHandler } from 'express';
import type { AlertingApi, Delivery, Incident, NoteDraft } from '#alerting/ports.ts';
import { CodedError } from '#base/errors.ts';
import type { Remote } from '#base/rpc.ts';
import { sendError } from '#server/http/errors.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;
const BY_LENGTH_MAX = 200;
const NOTE_LENGTH_MAX = 4000;
/** A note of characters that are all escaped in JSON, and its author. */
const BODY_BYTES_MAX = 32 * 1024;
/** An SLO's id or a service's name: what is longer is neither. */
const NAME_LENGTH_MAX = 1000;

type Api = Pick<
  Remote<AlertingApi>,
  'incidents' | 'incident' | 'acknowledge' | 'unacknowledge' | 'addNote' | 'deliveries'
>;

/** Mounted at `/api/plimsoll/v1`. */
export function incidentRoutes(api: Api): Router {
  const router = Router();
  const body = json({ limit: BODY_BYTES_MAX });
  router.get(
    '/incidents',
    answer(({ query }) => {
      const of = { sloId: nameOf(query, 'slo'), service: nameOf(query, 'service') };
      return incidentsAnswer(api, openOf(query['open']), limitOf(query['limit']), of);
    }),
  );
  router.get(
    '/incidents/:id',
    answer(async (request) => found(request, await api.incident(idOf(request)))),
  );
  router.post(
    '/incidents/:id/acknowledge',
    body,
    answer(async (request) => found(request, await api.acknowledge(idOf(request), byOf(request.body)))),
  );
  router.post(
    '/incidents/:id/unacknowledge',
    body,
    answer(async (request) => found(request, await api.unacknowledge(idOf(request), byOf(request.body)))),
  );
  router.post(
    '/incidents/:id/notes',
    body,
    answer(async (request) => found(request, await api.addNote(idOf(request), noteOf(request.body)))),
  );
  router.get(
    '/deliveries',
    answer(({ query }) => deliveriesAnswer(api, limitOf(query['limit']))),
  );
  return router;
}

/** What `GET /incidents` answers. */
export async function incidentsAnswer(
  api: Pick<Api, 'incidents'>,
  open: boolean | undefined,
  limit: number,
  of: { readonly sloId?: string | undefined; readonly service?: string | undefined } = {},
) {
  const incidents = await api.incidents({ open, limit, ...of });
  return { incidents: incidents.map(incidentJson) };
}

/** What `GET /deliveries` answers. */
export async function deliveriesAnswer(api: Pick<Api, 'deliveries'>, limit: number) {
  const deliveries = await api.deliveries(limit);
  return { deliveries: deliveries.map(deliveryJson) };
}

function answer(run: (request: Request) => Promise<unknown>): RequestHandler {
  return async (request, response) => {
    try {
      response.json(await run(request));
    } catch (error) {
      sendError(response, error);
    }
  };
}

function idOf(request: Request): string {
  return String(request.params['id']);
}

function found(request: Request, incident: Incident | undefined): unknown {
  if (incident === undefined) {
    throw new CodedError('PLIM_NOT_FOUND', `there is no incident ${idOf(request)}`);
  }
  return incidentJson(incident);
}

function openOf(value: unknown): boolean | undefined {
  if (value === undefined || value === '') return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new CodedError('PLIM_PARAMETER', `open is ${JSON.stringify(value)}; expected true or false`);
}

function limitOf(value: unknown): number {
  if (value === undefined || value === '') return LIMIT_DEFAULT;
  const limit = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  const message = `limit is ${JSON.stringify(value)}; expected a whole number from 1 to ${LIMIT_MAX}`;
  throw new CodedError('PLIM_PARAMETER', message);
}

function nameOf(query: Request['query'], name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && value.length <= NAME_LENGTH_MAX) return value;
  throw new CodedError(
    'PLIM_PARAMETER',
    `${name} must be given once, in at most ${NAME_LENGTH_MAX} characters`,
  );
}

function noteOf(body: unknown): NoteDraft {
  const by = byOf(body);
  const text = typeof body === 'object' && body !== null && 'text' in body ? body.text : undefined;
  if (typeof text === 'string' && text.trim() !== '' && text.length <= NOTE_LENGTH_MAX) {
    return { by, text: text.trim() };
  }
  const message = `text must be 1 to ${NOTE_LENGTH_MAX} characters; expected {"by": "NAME", "text": "NOTE"}`;
  throw new CodedError('PLIM_PARAMETER', message);
}

function byOf(body: unknown): string {
  const by = typeof body === 'object' && body !== null && 'by' in body ? body.by : undefined;
  if (typeof by === 'string' && by.trim() !== '' && by.length <= BY_LENGTH_MAX) return by.trim();
  const message = `by must say who, in 1 to ${BY_LENGTH_MAX} characters; expected {"by": "NAME"}`;
  throw new CodedError('PLIM_PARAMETER', message);
}

/** Undefined is null in JSON, so that every field is always there. */
function incidentJson(incident: Incident) {
  const { evidence } = incident;
  return {
    ...incident,
    endsAtMs: incident.endsAtMs ?? null,
    acknowledgedBy: incident.acknowledgedBy ?? null,
    acknowledgedAtMs: incident.acknowledgedAtMs ?? null,
    evidence: {
      ...evidence,
      budgetRemainingRatio: evidence.budgetRemainingRatio ?? null,
      exhaustedInMs: evidence.exhaustedInMs ?? null,
      firstBadMs: evidence.firstBadMs ?? null,
    },
  };
}

function deliveryJson(delivery: Delivery) {
  return { ...delivery, nextAttemptAtMs: delivery.nextAttemptAtMs ?? null };
}
