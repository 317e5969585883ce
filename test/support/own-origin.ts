/** The origin with its own routes alone, in this process: no stores, no alerting, unless given. */
import type { TestContext } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { LOOPBACK_NAMES } from '#base/real/http-access.ts';
import { createMeter } from '#base/real/metrics.ts';
import { systemNet } from '#base/real/net.ts';
import { listen } from '#server/http/listen.ts';
import { createOrigin } from '#server/origin.ts';
import { routersFor, type OriginApis } from '#server/routers.ts';

export const OWN = '/api/plimsoll/v1';
export const NO_COMPANIONS: OriginApis['companions'] = {
  chaos: undefined,
  pages: undefined,
  proofs: undefined,
  grafana: undefined,
};

/** URL of our own API. */
export async function serveOwn(t: TestContext, apis: Partial<OriginApis> = {}): Promise<string> {
  const origin = createOrigin({
    access: { hosts: new Set(LOOPBACK_NAMES), apiKey: undefined },
    log: silentLogger,
    routers: routersFor({
      alerting: undefined,
      documents: undefined,
      prometheus: undefined,
      dependencies: undefined,
      pipeline: () => Promise.reject(new Error('nobody asks for the pipeline')),
      companions: NO_COMPANIONS,
      build: () => ({ version: '0.0.0', node: process.version, startedAtMs: 0, uptimeMs: 0 }),
      clock: systemClock,
      net: systemNet,
      meter: createMeter(),
      ...apis,
    }),
    metrics: () => Promise.resolve(''),
    console: () => ({ state: 'absent' }),
    notReady: () => undefined,
  });
  const listening = await listen(origin, { host: '127.0.0.1', port: 0 }, '--listen');
  t.after(() => listening[Symbol.asyncDispose]());
  return `${listening.url}${OWN}`;
}
