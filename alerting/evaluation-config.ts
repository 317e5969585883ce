/** The key `alerting.evaluation`: how SLOs are judged in proofs and demonstrations. */
import { number, object, withDefault, type Schema } from '#base/config/schema.ts';
import {
  BURN_FACTOR_MULTIPLIER_MAX,
  WINDOW_DIVISOR_MAX,
  type Evaluation,
} from '#alerting/slo/core/evaluation.ts';

const evaluation = object({
  window_divisor: withDefault(
    number({ min: 1, max: WINDOW_DIVISOR_MAX }),
    1,
    'Compresses time: every window, period and delay of alerting is divided by it.',
  ),
  burn_factor_multiplier: withDefault(
    number({ min: 0.001, max: BURN_FACTOR_MULTIPLIER_MAX }),
    1,
    'Burn factors of all SLOs are multiplied by it; above 1 pages come later, to test a proof.',
  ),
});

export const evaluationSchema: Schema<Evaluation> = {
  expected: evaluation.expected,
  fields: evaluation.fields,
  read(node, path, context) {
    const written = evaluation.read(node, path, context);
    if (written === undefined) return undefined;
    return {
      windowDivisor: written.window_divisor,
      burnFactorMultiplier: written.burn_factor_multiplier,
    };
  },
};
