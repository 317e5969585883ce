/** Asks the stores for each part of the evidence of an incident. */
import type { EvidencePart, EvidenceWanted, KeptEvidence } from '#alerting/kept-evidence.ts';
import { CodedError } from '#base/errors.ts';
import type { Remote } from '#base/rpc.ts';
import {
  CHANGE_QUERIES,
  changeQueries,
  keptChanges,
  type ChangeQuery,
  type Sample,
} from '#bin/evidence/core/changes.ts';
import { keptLogs, logFilter } from '#bin/evidence/core/logs.ts';
import { failingSearch, keptTraces } from '#bin/evidence/core/traces.ts';
import type { Window } from '#bin/evidence/core/window.ts';
import type { PrometheusApi } from '#server/prometheus/handlers.ts';
import type { TraceId } from '#signals/ids.ts';
import type { LogReader, TraceReader } from '#storage/ports.ts';

/** Templates to choose from. */
const PATTERNS_MAX = 200;

export interface EvidenceStores {
  /** Undefined where this program has none. */
  readonly documents:
    | Pick<Remote<TraceReader & LogReader>, 'logPatterns' | 'traces' | 'searchTraces'>
    | undefined;
  readonly prometheus: Remote<PrometheusApi> | undefined;
}

type ValueOf<Part extends EvidencePart> = Extract<KeptEvidence[Part], { readonly state: 'kept' }>['value'];

export type Asking = {
  readonly [Part in EvidencePart]: (
    incident: EvidenceWanted['incident'],
    window: Window,
    signal: AbortSignal,
  ) => Promise<ValueOf<Part>>;
};

/** Each rejects with a coded error when the store cannot answer now, or at all. */
export function askingOf({ documents, prometheus }: EvidenceStores): Asking {
  return {
    logs: async (_incident, window, signal) => {
      const request = {
        baselineUnixNanosMin: BigInt(window.baselineStartMs) * 1_000_000n,
        patternsMax: PATTERNS_MAX,
      };
      const patterns = await present(documents).logPatterns(logFilter(window), request, signal);
      return keptLogs(patterns, window);
    },
    changes: async (_incident, window, signal) => {
      const queries = changeQueries(window);
      const answers = new Map<ChangeQuery, readonly Sample[]>();
      for (const name of CHANGE_QUERIES)
        answers.set(name, await vector(present(prometheus), queries[name], window.endMs, signal));
      const answerOf = (name: ChangeQuery): readonly Sample[] => answers.get(name) ?? [];
      return keptChanges(
        {
          started: answerOf('started'),
          startedBefore: answerOf('startedBefore'),
          scraped: answerOf('scraped'),
          operations: answerOf('operations'),
          versions: answerOf('versions'),
        },
        window,
      );
    },
    traces: async (incident, window, signal) => {
      const ids = incident.evidence.failingTraceIds as readonly TraceId[];
      const reader = present(documents);
      return keptTraces(
        ids.length > 0
          ? await reader.traces(ids, signal)
          : await reader.searchTraces(failingSearch(incident, window), signal),
      );
    },
  };
}

/** Nobody who tries again will find it here. */
function present<Store>(store: Store | undefined): Store {
  if (store !== undefined) return store;
  throw new CodedError('PLIM_NOT_FOUND', 'this program runs without the stores, which are another’s');
}

async function vector(
  api: Remote<PrometheusApi>,
  query: string,
  timeMs: number,
  signal: AbortSignal,
): Promise<readonly Sample[]> {
  const parameters = [
    ['query', query],
    ['time', String(timeMs / 1000)],
  ] as const;
  const { status, body } = await api.handle({ path: '/query', method: 'GET', parameters }, signal);
  const answer = JSON.parse(new TextDecoder().decode(body)) as VectorAnswer;
  if (status === 200 && answer.data !== undefined) return answer.data.result;
  throw new CodedError(
    status >= 500 ? 'PLIM_STORE_UNAVAILABLE' : 'PLIM_PROMQL_EXECUTION',
    `the metrics store answered ${status}: ${answer.error ?? ''}`,
  );
}

interface VectorAnswer {
  readonly data?: { readonly result: readonly Sample[] };
  readonly error?: string;
}
