/**
 * `/rules` and `/alerts` of Prometheus' API. They stand on the main thread, in
 * front of the other routes: what they tell of lives in the alerting worker.
 */
import { Router, type RequestHandler } from 'express';
import type { AlertingApi } from '#alerting/ports.ts';
import type { Clock } from '#base/clock.ts';
import { systemClock } from '#base/real/clock.ts';
import type { Remote } from '#base/rpc.ts';
import { dataAnswer, errorAnswer, type Answer } from '#server/prometheus/answers.ts';
import { invalid, Parameters } from '#server/prometheus/parameters.ts';
import { parametersOf, sendAnswer } from '#server/prometheus/routes.ts';
import { activeAlerts, ruleGroups, type AlertingView, type RuleFilter } from '#server/prometheus/rules.ts';

/** Silenced alerts fire as well: Prometheus knows nothing of silences. */
const ALL_ALERTS = { active: true, silenced: true, matchers: [], receiver: undefined } as const;

/** To be mounted at `/api/v1`; other paths go on to the next router. */
export function rulesRoutes(alerting: Remote<AlertingApi>, clock: Clock = systemClock): Router {
  const router = Router();
  const view = async (): Promise<AlertingView> => {
    const [slos, alerts] = await Promise.all([alerting.slos(), alerting.alerts(ALL_ALERTS)]);
    return { slos, alerts, nowMs: clock.wallMs() };
  };
  router.get(
    '/rules',
    answered(async (parameters) => {
      const filter = ruleFilter(parameters);
      return dataAnswer({ groups: ruleGroups(await view(), filter) });
    }),
  );
  router.get(
    '/alerts',
    answered(async () => dataAnswer({ alerts: activeAlerts(await view()) })),
  );
  return router;
}

function answered(handle: (parameters: Parameters) => Promise<Answer>): RequestHandler {
  return async (request, response) => {
    const answer = await handle(new Parameters(parametersOf(request))).catch(errorAnswer);
    sendAnswer(response, answer);
  };
}

/** @throws CodedError `PLIM_PARAMETER` */
function ruleFilter(parameters: Parameters): RuleFilter {
  const type = parameters.text('type');
  if (type !== undefined && type !== 'alert' && type !== 'record') {
    throw invalid('type', `not supported value "${type}"`);
  }
  return {
    type,
    names: parameters.all('rule_name[]'),
    groups: parameters.all('rule_group[]'),
    files: parameters.all('file[]'),
    sets: parameters.matcherSets(),
    excludeAlerts: flag(parameters, 'exclude_alerts'),
  };
}

/** As Go reads a boolean. */
function flag(parameters: Parameters, name: string): boolean {
  const text = parameters.text(name);
  if (text === undefined || /^(?:0|f|false|F|FALSE|False)$/.test(text)) return false;
  if (/^(?:1|t|true|T|TRUE|True)$/.test(text)) return true;
  throw invalid(name, `"${text}" is neither true nor false`);
}
