/** Every file that `npm run dashboards` makes, as text: the generator writes them, a test compares them. */
import path from 'node:path';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildBoard, type Board } from '#dashboards/grafana/build/board.ts';
import { chaosBoard } from '#dashboards/grafana/boards/chaos.ts';
import { deliveryBoard } from '#dashboards/grafana/boards/delivery.ts';
import { fleetBoard } from '#dashboards/grafana/boards/fleet.ts';
import { freightBoard } from '#dashboards/grafana/boards/freight.ts';
import { pipelineBoard } from '#dashboards/grafana/boards/pipeline.ts';
import { serviceBoard } from '#dashboards/grafana/boards/service.ts';
import { sloBoard } from '#dashboards/grafana/boards/slo.ts';
import { FLAVOURS, provisioningFiles } from '#dashboards/grafana/provisioning.ts';
import { readSlos, type SloFacts } from '#dashboards/grafana/slos.ts';

/** The SLOs of the sample company: what boards know by name; any other SLO shows all the same. */
export const SLO_FOLDER = path.join(import.meta.dirname, '..', '..', 'sample-services', 'slos');

/** As people should meet them. */
export function boards(slos: readonly SloFacts[]): readonly Board[] {
  return [
    fleetBoard(slos),
    sloBoard(slos),
    serviceBoard(),
    freightBoard(),
    pipelineBoard(),
    deliveryBoard(),
    chaosBoard(),
  ];
}

/** As they are written, so as Grafana reads them: what the builders leave undefined is gone. */
export function builtBoards(): readonly Dashboard[] {
  return boards(readSlos(SLO_FOLDER)).map(
    (board) => JSON.parse(JSON.stringify(buildBoard(board), inSight)) as Dashboard,
  );
}

/** The builders would hide every link and mark in a menu. */
function inSight(key: string, value: unknown): unknown {
  return key === 'placement' && value === 'inControlsMenu' ? undefined : value;
}

/** By path below this folder. */
export function generatedFiles(dashboards: readonly Dashboard[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const dashboard of dashboards)
    files.set(`generated/${dashboard.uid ?? ''}.json`, `${JSON.stringify(dashboard, null, 2)}\n`);
  for (const flavour of FLAVOURS)
    for (const [name, text] of provisioningFiles(flavour)) files.set(`provisioning/${flavour}/${name}`, text);
  return files;
}
