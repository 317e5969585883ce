/** `/api/plimsoll/v1/slos`, `/budgets` and `/reload`: SLOs, their state and their budgets. */
import { Router } from 'express';
import type { AlertingApi, SloStatus } from '#alerting/ports.ts';
import { CodedError } from '#base/errors.ts';
import type { Remote } from '#base/rpc.ts';
import { sendError } from '#server/http/errors.ts';

type Api = Pick<Remote<AlertingApi>, 'slos' | 'reload' | 'status'>;

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
