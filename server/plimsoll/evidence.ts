/** `/api/plimsoll/v1/incidents/{id}/evidence`: what the stores told when the incident began, as kept with it. */
import { Router } from 'express';
import type { KeptEvidence, KeptPart } from '#alerting/kept-evidence.ts';
import type { AlertingApi } from '#alerting/ports.ts';
import { CodedError } from '#base/errors.ts';
import type { Remote } from '#base/rpc.ts';
import { sendError } from '#server/http/errors.ts';

/** Mounted at `/api/plimsoll/v1`. */
export function evidenceRoute(api: Pick<Remote<AlertingApi>, 'keptEvidence'>): Router {
  const router = Router();
  router.get('/incidents/:id/evidence', async (request, response) => {
    try {
      const { id } = request.params;
      const evidence = await api.keptEvidence(id);
      if (evidence === undefined) throw new CodedError('PLIM_NOT_FOUND', `there is no incident ${id}`);
      response.json(evidenceJson(evidence));
    } catch (error) {
      sendError(response, error);
    }
  });
  return router;
}

function evidenceJson({ logs, changes, traces }: KeptEvidence) {
  return { logs: partJson(logs), changes: partJson(changes), traces: partJson(traces) };
}

/** What a part has not is null, so that every field is always there. */
function partJson<T>(part: KeptPart<T>) {
  const reason = part.state === 'kept' || part.reason === '' ? null : part.reason;
  if (part.state !== 'kept')
    return { state: part.state, reason, asOfMs: null, startMs: null, endMs: null, value: null };
  const { state, asOfMs, startMs, endMs, value } = part;
  return { state, reason, asOfMs, startMs, endMs, value };
}
