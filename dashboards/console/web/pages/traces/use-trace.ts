import { useEffect, useMemo, useState } from 'react';
import type { Trace, TracesAnswer } from '#dashboards/console/core/trace/answer.ts';
import { criticalPath, type CriticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import { buildTree, type TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { useJson, type Loaded } from '#dashboards/console/web/data/use-json.ts';

export interface ShownTrace {
  readonly loaded: Loaded<TracesAnswer>;
  /** Where it is asked for. */
  readonly path: string;
  readonly tree: TraceTree | undefined;
  readonly critical: CriticalPath;
  /** Spans that came since and wait, so that rows being read stay in place. */
  readonly waiting: number;
  readonly showWaiting: () => void;
}

/** Spans of a trace come one after the other; a trace is asked for again while its last one is so young. */
const YOUNG_MS = 30_000;
const EVERY_MS = 1500;
/** A trace that is not there may be on its way. */
const MISSING_MS = 2000;
/** Larger ones are not asked for again by themselves. */
const SPANS_FOLLOWED_MAX = 5000;
const NO_PATH: CriticalPath = { onPath: new Set(), segments: new Map() };

/** A trace as a tree; new spans of it are announced, not pushed in. */
export function useTrace(id: string): ShownTrace {
  const [everyMs, setEveryMs] = useState<number | undefined>(MISSING_MS);
  const path = `/api/traces/${encodeURIComponent(id)}`;
  const loaded = useJson<TracesAnswer>(path, { everyMs });
  const newest = loaded.data?.data?.[0];
  const [shown, setShown] = useState<Trace>();
  // The first spans are shown at once, and those of another trace.
  const current = shown?.traceID === newest?.traceID && shown !== undefined ? shown : newest;
  if (current !== shown) setShown(current);
  useEffect(() => {
    if (newest === undefined) return;
    const endUs = newest.spans.reduce((most, span) => Math.max(most, span.startTime + span.duration), 0);
    const isYoung = Date.now() - endUs / 1000 < YOUNG_MS;
    setEveryMs(isYoung && newest.spans.length <= SPANS_FOLLOWED_MAX ? EVERY_MS : undefined);
  }, [newest]);
  const tree = useMemo(() => (current === undefined ? undefined : buildTree(current)), [current]);
  const critical = useMemo(() => (tree === undefined ? NO_PATH : criticalPath(tree)), [tree]);
  const waiting = Math.max(0, (newest?.spans.length ?? 0) - (current?.spans.length ?? 0));
  return { loaded, path, tree, critical, waiting, showWaiting: () => setShown(newest) };
}
