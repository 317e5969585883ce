/** What the gateway turns away before it costs anybody else anything. */
import { metrics } from '@plimsoll/sdk';
import type { NextFunction, Request, Response } from 'express';
import { Problem } from '#sample-services/lib/core/problem.ts';

const rejected = metrics.counter({
  name: 'freight_gateway_rejected_total',
  help: 'Requests turned away: too many at once (overload) or by one client (rate).',
  labelNames: ['reason'],
});

export function countRejected(reason: 'overload' | 'rate'): void {
  rejected.inc({ reason });
}

/** Refuses requests beyond `inFlightMax` at once, so that those inside are still answered in time. */
export function shedLoad(inFlightMax: number) {
  let inFlight = 0;
  return (_request: Request, response: Response, next: NextFunction): void => {
    if (inFlight >= inFlightMax) {
      countRejected('overload');
      throw new Problem(503, 'Service unavailable', { detail: 'too many requests at once', retryAfterS: 1 });
    }
    inFlight += 1;
    response.once('close', () => (inFlight -= 1));
    next();
  };
}
