/** What the stores told when the incident began; asked for again while a part of it is still to come. */
import { useEffect, useState } from 'react';
import { isWaiting } from '#dashboards/console/core/incident/kept.ts';
import { OWN, type ApiError } from '#dashboards/console/web/data/client.ts';
import type { KeptEvidence } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';

const AGAIN_MS = 2000;

export interface Kept {
  readonly path: string;
  readonly evidence: KeptEvidence | undefined;
  readonly error: ApiError | undefined;
}

export function useKeptEvidence(incidentId: string): Kept {
  const path = `${OWN}/incidents/${encodeURIComponent(incidentId)}/evidence`;
  const [waiting, setWaiting] = useState(true);
  const { data, error } = useJson<KeptEvidence>(path, { everyMs: waiting ? AGAIN_MS : undefined });
  useEffect(
    () => setWaiting(data === undefined || isWaiting([data.logs, data.changes, data.traces])),
    [data],
  );
  return { path, evidence: data, error };
}
