/** Whom proxies may listen on and lead to: this machine, and what was allowed by name. */
import { parseHostPort, type HostPort } from '#chaos/proxy/core/address.ts';
import { ProxyError } from '#chaos/proxy/types.ts';

export interface Reach {
  /** Hosts beside loopback, as they are written in addresses. */
  readonly allowedHosts: ReadonlySet<string>;
}

/** @throws ProxyError 500 for no address, as upstream; 403 for one that is not allowed */
export function listenAddress(text: string, reach: Reach): HostPort {
  return reachable(text === '' ? '127.0.0.1:0' : text, 'listen', reach);
}

/** @throws ProxyError 403 for one that is not allowed; undefined for none, which only refuses its clients */
export function upstreamAddress(text: string, reach: Reach): HostPort | undefined {
  return 'problem' in parseHostPort(text) ? undefined : reachable(text, 'upstream', reach);
}

function reachable(text: string, field: 'listen' | 'upstream', reach: Reach): HostPort {
  const address = parseHostPort(text);
  if ('problem' in address) throw new ProxyError(500, `listen tcp: ${address.problem}`);
  const { host } = address;
  if (!isLoopback(host) && !reach.allowedHosts.has(host)) {
    throw new ProxyError(
      403,
      `${field} ${text} is not on this machine; use a loopback address or allow the host ${JSON.stringify(host)}`,
    );
  }
  return address;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
