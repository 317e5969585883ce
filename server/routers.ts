/**
 * Which router stands under which prefix. A part that does not run in this
 * process (`plimsoll collector` has no stores) has no routes: they answer 404.
 */
import { Router } from 'express';
import type { AlertingApi } from '#alerting/ports.ts';
import type { Clock } from '#base/clock.ts';
import type { Meter } from '#base/metrics.ts';
import type { Net } from '#base/net.ts';
import type { Remote } from '#base/rpc.ts';
import { alertmanagerRoutes } from '#server/alertmanager/routes.ts';
import type { RecordIntake } from '#server/elasticsearch/bulk.ts';
import { elasticsearchRoutes } from '#server/elasticsearch/routes.ts';
import { notFound } from '#server/http/errors.ts';
import type { DependencyReader } from '#server/jaeger/dependencies.ts';
import { jaegerRoutes } from '#server/jaeger/routes.ts';
import { buildRoute, type Build } from '#server/plimsoll/build.ts';
import { companionRoutes, type Companions } from '#server/plimsoll/companions.ts';
import { evidenceRoute } from '#server/plimsoll/evidence.ts';
import { deliveriesAnswer, incidentRoutes, incidentsAnswer } from '#server/plimsoll/incidents.ts';
import { ledgerAnswer, ledgerRoutes, type PipelineView } from '#server/plimsoll/ledger.ts';
import {
  LIVE_DELIVERIES_MAX,
  LIVE_INCIDENTS_MAX,
  liveRoute,
  type LiveOptions,
  type LiveTopic,
} from '#server/plimsoll/live.ts';
import { logsRoutes } from '#server/plimsoll/logs.ts';
import { openApiRoute } from '#server/plimsoll/openapi.ts';
import { proofRoutes } from '#server/plimsoll/proofs.ts';
import { sloRoutes, slosAnswer } from '#server/plimsoll/slos.ts';
import type { PrometheusApi } from '#server/prometheus/handlers.ts';
import { rulesRoutes } from '#server/prometheus/rules-routes.ts';
import { prometheusRoutes } from '#server/prometheus/routes.ts';
import type { DocumentSearch } from '#storage/document-search.ts';
import type { LogReader, TraceReader } from '#storage/ports.ts';

export interface OriginApis {
  readonly alerting: Remote<AlertingApi> | undefined;
  readonly documents: Remote<TraceReader & LogReader> | undefined;
  /** Undefined where somebody else keeps the documents: who searches them asks there. */
  readonly documentSearch?: Remote<DocumentSearch> | undefined;
  /** Undefined where nothing is taken in. */
  readonly intake?: Remote<RecordIntake> | undefined;
  readonly prometheus: Remote<PrometheusApi> | undefined;
  readonly dependencies: Remote<DependencyReader> | undefined;
  readonly pipeline: () => Promise<PipelineView>;
  readonly companions: Companions;
  readonly build: () => Build;
  readonly clock: Clock;
  readonly net: Net;
  readonly meter: Meter;
}

export interface MountedRouter {
  readonly prefix: string;
  readonly router: Router;
}

const OWN = '/api/plimsoll/v1';

/** In the order in which they are asked: longer prefixes first. */
export function routersFor(apis: OriginApis): readonly MountedRouter[] {
  const { alerting, documents, prometheus } = apis;
  const mounted: MountedRouter[] = [
    { prefix: '/api/plimsoll', router: openApiRoute() },
    { prefix: OWN, router: ledgerRoutes(apis.pipeline) },
    { prefix: OWN, router: buildRoute(apis.build) },
    { prefix: OWN, router: liveRoute(liveOptions(apis)) },
    { prefix: OWN, router: companionRoutes(apis.companions, apis.net) },
    { prefix: OWN, router: proofRoutes(apis.companions.proofs) },
  ];
  if (documents !== undefined)
    mounted.push({ prefix: OWN, router: logsRoutes({ ...apis, reader: documents }) });
  if (alerting !== undefined) {
    mounted.push(
      { prefix: OWN, router: sloRoutes(alerting) },
      { prefix: OWN, router: incidentRoutes(alerting) },
      { prefix: OWN, router: evidenceRoute(alerting) },
    );
  }
  // Before Jaeger's, whose prefix holds everything below /api.
  mounted.push({ prefix: '/api/plimsoll', router: Router().use(notFound) });
  if (alerting !== undefined) mounted.push({ prefix: '/api/v2', router: alertmanagerRoutes(alerting) });
  // What the alerting worker answers stands before what the metrics worker answers.
  if (alerting !== undefined) mounted.push({ prefix: '/api/v1', router: rulesRoutes(alerting) });
  if (prometheus !== undefined) mounted.push({ prefix: '/api/v1', router: prometheusRoutes(prometheus) });
  if (apis.documentSearch !== undefined) {
    const { version } = apis.build();
    mounted.push({
      prefix: '/es',
      router: elasticsearchRoutes({ ...apis, reader: apis.documentSearch, version }),
    });
  }
  if (documents !== undefined)
    mounted.push({ prefix: '/api', router: jaegerRoutes(documents, apis.dependencies) });
  return mounted;
}

/** Each topic is what one GET answers. */
function liveOptions({ alerting, pipeline, clock, meter }: OriginApis): LiveOptions {
  const topics = new Map<LiveTopic, () => Promise<unknown>>([
    ['pipeline', async () => ledgerAnswer(await pipeline())],
  ]);
  if (alerting !== undefined) {
    topics.set('slos', () => slosAnswer(alerting));
    topics.set('incidents', () => incidentsAnswer(alerting, true, LIVE_INCIDENTS_MAX));
    topics.set('deliveries', () => deliveriesAnswer(alerting, LIVE_DELIVERIES_MAX));
  }
  return { topics, clock, meter };
}
