/** Where the world of the browser tests is: told by `world.ts`, read by every test. */

export interface WorldAddresses {
  /** The demo's platform. */
  readonly origin: string;
  readonly otlpHttp: string;
  readonly gateway: string;
  readonly chaos: string;
  /** A platform without data. */
  readonly empty: string;
  /** A platform that asks for {@link API_KEY}. */
  readonly locked: string;
}

/** What the demo's platform is told of; nobody listens there. */
export const GRAFANA = 'http://127.0.0.1:9/grafana';

export const API_KEY = 'only-for-browser-tests';

/** Set by `global-setup.ts` for the processes of the tests. */
export function world(): WorldAddresses {
  return JSON.parse(process.env['PLIMSOLL_BROWSER_WORLD'] ?? '{}') as WorldAddresses;
}
