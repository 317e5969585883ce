/** What the parts of the driver share. */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Net } from '#base/net.ts';
import type { Random } from '#base/random.ts';
import type { SteadyClock } from '#alerting/driver/steady-clock.ts';
import type { AlertingMetrics } from '#alerting/driver/metrics.ts';
import type { Integration } from '#alerting/notify/integration.ts';
import type { Route } from '#alerting/router/core/route.ts';
import type { Silencer } from '#alerting/router/core/silence.ts';
import type { Store } from '#alerting/state/store.ts';

export interface DriverParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly steady: SteadyClock;
  readonly net: Net;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: AlertingMetrics;
  readonly route: Route;
  /** By receiver. */
  readonly integrations: ReadonlyMap<string, readonly Integration[]>;
  readonly silencer: Silencer;
  readonly tenant: string;
  /** Without a slash at the end. */
  readonly externalUrl: string;
}

/** Who did it, in timelines, when nobody in person did. */
export const BY_PLIMSOLL = 'plimsoll';
