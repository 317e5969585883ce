/** The origin's part of `plimsoll.yaml`. */
import {
  address,
  list,
  mapped,
  object,
  optional,
  section,
  text,
  withDefault,
  type Address,
  type Schema,
} from '#base/config/schema.ts';
import { secret } from '#base/config/secrets.ts';
import type { Companions } from '#server/plimsoll/companions.ts';

export interface ServerConfig {
  readonly endpoint: Address;
  /** How people reach the origin, without a slash at the end; undefined: its own address. */
  readonly externalUrl: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly apiKey: string | undefined;
  readonly companions: Companions;
}

const companionUrl = text({
  pattern: /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):\d{1,5}\/?$/,
  expected: 'an http URL on loopback with a port and no path',
});

const companions = object({
  chaos: optional(companionUrl, 'Control API of the fault daemon.'),
  pages: optional(companionUrl, 'Page receiver of the demo.'),
  proofs: optional(
    text({ pattern: /^\//, expected: 'an absolute path' }),
    'Folder in which `plimsoll prove` leaves its reports.',
  ),
});

const fields = object({
  endpoint: withDefault(address(), { host: '127.0.0.1', port: 7300 }, 'Address of the APIs.'),
  external_url: optional(
    text({ pattern: /^https?:\/\/[^\s]+$/, expected: 'an http or https URL' }),
    'How people reach the origin: the base of links in pages. Without it, its own address.',
  ),
  allowed_hosts: withDefault(
    list(text({ pattern: /^[a-z0-9._:-]+$/, expected: 'a host name in lower case, without port' })),
    [],
    'Host names, beside loopback and the address itself, under which requests are taken.',
  ),
  grafana_url: optional(
    text({ pattern: /^https?:\/\/[^\s?#]+$/, expected: 'an http or https URL without query' }),
    'A Grafana that has the boards of dashboards/grafana, as browsers reach it: pages of the console lead there.',
  ),
  api_key: optional(
    secret({ pattern: /^[\x21-\x7e]{16,256}$/, expected: 'at least 16 printable characters without spaces' }),
    'Asked for as a bearer token on every route but the probes, and on OTLP. Needed to listen off loopback.',
  ),
  companions: section(companions, 'What runs beside the platform and is shown by it; the demo writes this.'),
});

/** Schema of the key `server`. */
export const SERVER_SCHEMA: Schema<ServerConfig> = mapped(fields, (written) => ({
  endpoint: written.endpoint,
  externalUrl: withoutSlash(written.external_url),
  allowedHosts: written.allowed_hosts,
  apiKey: written.api_key,
  companions: {
    chaos: withoutSlash(written.companions.chaos),
    pages: withoutSlash(written.companions.pages),
    proofs: written.companions.proofs,
    grafana: withoutSlash(written.grafana_url),
  },
}));

function withoutSlash(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, '');
}
