/** What an SLO's alerts can see, before anything is injected: the table `plimsoll validate` prints. */
import { detectionMs } from '#alerting/slo/core/burn.ts';
import type { BurnPolicy, SloDocument } from '#signals/openslo/model.ts';

/** Shares of failing events the table is made for. */
export const EXPLAINED_ERROR_RATIOS = [1, 0.5, 0.1, 0.05, 0.02, 0.01] as const;

export interface DetectionRow {
  /** Share of failing events. */
  readonly errorRatio: number;
  /** Milliseconds to the first page on constant traffic and clean history. */
  readonly firstPageMs: number | 'never';
  readonly firstTicketMs: number | 'never';
  readonly policies: readonly { readonly policy: BurnPolicy; readonly detectionMs: number | 'never' }[];
}

/** Detection time by error ratio, worst outage first. */
export function explainDetection(document: SloDocument): readonly DetectionRow[] {
  return EXPLAINED_ERROR_RATIOS.map((errorRatio) => {
    const policies = document.policies.map((policy) => ({
      policy,
      detectionMs: detectionMs(policy, document.objective, errorRatio) ?? ('never' as const),
    }));
    const first = (severity: BurnPolicy['severity']): number | 'never' => {
      const times = policies.filter((row) => row.policy.severity === severity).map((row) => row.detectionMs);
      const found = times.filter((time) => time !== 'never');
      return found.length === 0 ? 'never' : Math.min(...found);
    };
    return { errorRatio, firstPageMs: first('page'), firstTicketMs: first('ticket'), policies };
  });
}
