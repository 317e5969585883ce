/** Where everything of a demo stands: folders, ports, addresses. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICES, type ServiceName } from '#sample-services/topology.ts';

/** Besides the services: what a fault can also stand in front of. */
export type ProxyName = ServiceName | 'collector' | 'pager';

export const PROXY_NAMES: readonly ProxyName[] = [...SERVICES.map(({ name }) => name), 'collector', 'pager'];

export interface DemoPorts {
  readonly origin: number;
  readonly otlpHttp: number;
  readonly jaegerHttp: number;
  readonly chaos: number;
  readonly load: number;
  readonly services: Readonly<Record<ServiceName, number>>;
  readonly proxies: Readonly<Record<ProxyName, number>>;
}

/** Ports to find beside the origin's and the collector's. */
export const PORTS_NEEDED = 3 + SERVICES.length + PROXY_NAMES.length;

/** Gives each of `ports` (at least {@link PORTS_NEEDED}) its use. */
export function assignPorts(
  origin: number,
  otlpHttp: number,
  [jaegerHttp = 0, chaos = 0, load = 0, ...rest]: readonly number[],
): DemoPorts {
  const services = SERVICES.map(({ name }, index) => [name, rest[index] ?? 0]);
  const proxies = PROXY_NAMES.map((name, index) => [name, rest[SERVICES.length + index] ?? 0]);
  return {
    origin,
    otlpHttp,
    jaegerHttp,
    chaos,
    load,
    services: Object.fromEntries(services) as DemoPorts['services'],
    proxies: Object.fromEntries(proxies) as DemoPorts['proxies'],
  };
}

export function localUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Files and folders below one data folder; the platform's own stand in it directly. */
export class DemoFolders {
  readonly data: string;

  constructor(data: string) {
    this.data = path.resolve(data);
  }

  /** What runs where, for `plimsoll chaos` and for people. */
  get demoFile(): string {
    return path.join(this.data, 'demo.json');
  }

  get configFile(): string {
    return path.join(this.data, 'plimsoll.yaml');
  }

  get readyFile(): string {
    return path.join(this.data, 'ready.json');
  }

  get logs(): string {
    return path.join(this.data, 'logs');
  }

  logOf(name: string): string {
    return path.join(this.logs, `${name}.log`);
  }

  /** Pages that arrived. */
  get pages(): string {
    return path.join(this.data, 'pages.ndjson');
  }

  /** What users saw. */
  get truth(): string {
    return path.join(this.data, 'users.ndjson');
  }

  get chaos(): string {
    return path.join(this.data, 'chaos');
  }

  stateOf(service: ServiceName): string {
    return path.join(this.data, 'services', service);
  }

  /** Offset of a service's clock, where it runs under libfaketime. */
  clockOf(service: ServiceName): string {
    return path.join(this.stateOf(service), 'clock');
  }
}

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The SLOs of the freight company. */
export const DEMO_SLOS = path.join(ROOT, 'sample-services', 'slos');
/** Where proofs leave their reports, one folder each. */
export const PROOFS = path.join(ROOT, '.data', 'proofs');
