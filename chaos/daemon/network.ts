/** The proxies as faults see them. */
import { CodedError } from '#base/errors.ts';
import { parseAddress } from '#base/config/schema.ts';
import type { Network } from '#chaos/faults/fault.ts';
import type { ProxySet } from '#chaos/proxy/proxy-set.ts';
import { ProxyError } from '#chaos/proxy/types.ts';

const NOT_FOUND = 404;
const BAD_REQUEST = 400;

export function networkOf(proxies: ProxySet): Network {
  return {
    get names() {
      return proxies.list().map(({ name }) => name);
    },
    upstreamPort(name) {
      const proxy = proxies.list().find((candidate) => candidate.name === name);
      return proxy === undefined ? undefined : parseAddress(proxy.upstream)?.port;
    },
    async addToxic(proxy, toxic) {
      await told(async () => void proxies.addToxic(proxy, toxic));
    },
    async removeToxic(proxy, name) {
      await told(async () => proxies.removeToxic(proxy, name), NOT_FOUND);
    },
    async setEnabled(proxy, enabled) {
      // A proxy somebody deleted meanwhile is neither down nor up.
      await told(
        async () => void (await proxies.update(proxy, { enabled })),
        enabled ? NOT_FOUND : undefined,
      );
    },
  };
}

/** An error of the proxies as a coded one; `fine` is the status that is none. */
async function told(act: () => Promise<void>, fine?: number): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    if (error.status === fine) return;
    throw new CodedError(
      error.status === BAD_REQUEST ? 'PLIM_PARAMETER' : 'PLIM_FAULT_FAILED',
      error.message,
    );
  }
}
