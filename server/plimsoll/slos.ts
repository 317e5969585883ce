/** `/api/plimsoll/v1/slos`, `/budgets` and `/reload`: SLOs, their state and their budgets. */
import { Router, type Request } from 'express';
import type { AlertingApi, SloHistoryRange, SloStatus } from '#alerting/ports.ts';
import { CodedError } from '#base/errors.ts';
import type { Remote } from '#base/rpc.ts';
import { sendError } from '#server/http/errors.ts';

/** A point every few pixels of a wide screen, at most one for each. */
const STEPS_DEFAULT = 300;
const STEPS_MAX = 1000;
/** The last moment a date can name. */
const TIME_MS_MAX = 8.64e15;

type Api = Pick<Remote<AlertingApi>, 'slos' | 'sloHistory' | 'reload' | 'status'>;

/** Mounted at `/api/plimsoll/v1`. */
export function sloRoutes(api: Api): Router {
  const router = Router();
  router.get('/slos', async (_request, response) => {
    try {
      response.json(await slosAnswer(api));
    } catch (error) {
      sendError(response, error);
    }
  });
  router.get('/slos/*id/history', async (request, response, next) => {
    const id = idOf(request.params['id']);
    // Without a slash it is no id: what is asked for is the SLO of that service whose name is history.
    if (!id.includes('/')) {
      next();
      return;
    }
    try {
      const history = await api.sloHistory(id, rangeOf(request.query));
      if (history === undefined) throw new CodedError('PLIM_NOT_FOUND', `there is no SLO ${id}`);
      response.json(history);
    } catch (error) {
      sendError(response, error);
    }
  });
  // An id holds a slash, written as it is or as %2F.
  router.get('/slos/*id', async (request, response) => {
    try {
      const id = idOf(request.params['id']);
      const slo = (await api.slos()).find((candidate) => candidate.id === id);
      if (slo === undefined) throw new CodedError('PLIM_NOT_FOUND', `there is no SLO ${id}`);
      response.json(toJson(slo));
    } catch (error) {
      sendError(response, error);
    }
  });
  router.get('/budgets', async (_request, response) => {
    try {
      const slos = await api.slos();
      response.json({ budgets: slos.map(toBudget) });
    } catch (error) {
      sendError(response, error);
    }
  });
  router.post('/reload', async (_request, response) => {
    try {
      const problems = await api.reload();
      const failed = problems.some((problem) => problem.severity === 'error');
      // What is broken is named, and nothing has changed.
      response.status(failed ? 422 : 200).json({ reloaded: !failed, problems });
    } catch (error) {
      sendError(response, error);
    }
  });
  return router;
}

/** What `GET /slos` answers. */
export async function slosAnswer(api: Pick<Api, 'slos' | 'status'>) {
  const [slos, status] = await Promise.all([api.slos(), api.status()]);
  return { slos: slos.map(toJson), problems: status.problems, lagMs: status.lagMs };
}

/** @throws CodedError `PLIM_PARAMETER` */
function rangeOf(query: Request['query']): SloHistoryRange {
  const startMs = wholeOf(query, 'start', TIME_MS_MAX);
  const endMs = wholeOf(query, 'end', TIME_MS_MAX);
  if (startMs !== undefined && endMs !== undefined && startMs >= endMs) {
    throw new CodedError(
      'PLIM_PARAMETER',
      `start is ${startMs} and end is ${endMs}; start must be before end`,
    );
  }
  const stepsMax = wholeOf(query, 'steps', STEPS_MAX) ?? STEPS_DEFAULT;
  if (stepsMax > 0) return { startMs, endMs, stepsMax };
  throw notWhole('steps', '0', STEPS_MAX);
}

function wholeOf(query: Request['query'], name: string, max: number): number | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : Infinity;
  if (number <= max) return number;
  throw notWhole(name, value, max);
}

function notWhole(name: string, value: unknown, max: number): CodedError {
  const expected = name === 'steps' ? `a whole number from 1 to ${max}` : 'milliseconds since the Unix epoch';
  return new CodedError('PLIM_PARAMETER', `${name} is ${JSON.stringify(value)}; expected ${expected}`);
}

function idOf(segments: unknown): string {
  return Array.isArray(segments) ? segments.join('/') : String(segments);
}

/** Undefined is null in JSON, so that every field is always there. */
function toJson(slo: SloStatus) {
  return { ...slo, thresholdMs: slo.thresholdMs ?? null, budget: budgetJson(slo) };
}

function toBudget(slo: SloStatus) {
  const { id, service, objective, periodMs, state } = slo;
  return { id, service, objective, periodMs, state, ...budgetJson(slo) };
}

function budgetJson({ budget }: SloStatus) {
  return {
    ...budget,
    remainingRatio: budget.remainingRatio ?? null,
    exhaustedInMs: budget.exhaustedInMs ?? null,
  };
}
