/** Requests between services, counted by caller, callee, kind and dimensions; the rest in one overflow edge. */
import { Latency, type SavedLatency } from '#collector/connectors/core/latency.ts';
import { OVERFLOW_LABELS } from '#collector/connectors/core/span-series.ts';
import type { Labels } from '#signals/matchers.ts';

/** '' for a request whose both ends are known. `virtual_node`: only the caller told of it. */
export type ConnectionType = '' | 'messaging_system' | 'database' | 'virtual_node';

type DimensionValues = readonly (string | undefined)[];

export interface EdgeIdentity {
  readonly client: string;
  readonly server: string;
  readonly type: ConnectionType;
  readonly clientDimensions: DimensionValues;
  readonly serverDimensions: DimensionValues;
}

export interface Edge {
  readonly labels: Labels;
  readonly clientSeconds: Latency;
  readonly serverSeconds: Latency;
  total: number;
  failed: number;
  /** Never given out yet. */
  isNew: boolean;
}

export interface SavedEdge {
  readonly labels: Labels;
  readonly clientSeconds: SavedLatency;
  readonly serverSeconds: SavedLatency;
  readonly total: number;
  readonly failed: number;
}

/** An edge as it is found again without making a key. */
interface Known extends EdgeIdentity {
  readonly edge: Edge;
}

export interface EdgeOptions {
  readonly edgesMax: number;
  readonly bounds: readonly number[];
  /** Label names, without `client_` and `server_`. */
  readonly dimensions: readonly string[];
}

export class EdgeTable {
  readonly #options: EdgeOptions;
  readonly #byLabels = new Map<string, Edge>();
  readonly #byEnds = new Map<string, Map<string, Known[]>>();
  #overflow: Edge | undefined;
  /** Requests counted in the overflow edge since this was made. */
  overflowed = 0;

  constructor(options: EdgeOptions, saved: readonly SavedEdge[] = []) {
    this.#options = options;
    for (const edge of saved) {
      const restored = restoreEdge(edge, options.bounds);
      if (edge.labels['otel_metric_overflow'] === 'true') this.#overflow = restored;
      else this.#byLabels.set(keyOf(edge.labels), restored);
    }
  }

  /** The edge, made if there is room; else the overflow edge. */
  find(identity: EdgeIdentity): Edge {
    const known = this.#byEnds.get(identity.client)?.get(identity.server);
    const found = known?.find((one) => isSame(one, identity));
    if (found !== undefined) return found.edge;
    const edge = this.#findByLabels(identity);
    if (edge === undefined) {
      this.overflowed += 1;
      this.#overflow ??= newEdge(OVERFLOW_LABELS, this.#options.bounds);
      return this.#overflow;
    }
    this.#remember(identity, edge);
    return edge;
  }

  *all(): Iterable<Edge> {
    yield* this.#byLabels.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  save(): SavedEdge[] {
    return Array.from(this.all(), ({ labels, clientSeconds, serverSeconds, total, failed }) => ({
      labels,
      clientSeconds: clientSeconds.save(),
      serverSeconds: serverSeconds.save(),
      total,
      failed,
    }));
  }

  #findByLabels(identity: EdgeIdentity): Edge | undefined {
    const labels = this.#labelsOf(identity);
    const key = keyOf(labels);
    const found = this.#byLabels.get(key);
    if (found !== undefined || this.#byLabels.size >= this.#options.edgesMax) return found;
    const edge = newEdge(labels, this.#options.bounds);
    this.#byLabels.set(key, edge);
    return edge;
  }

  #remember(identity: EdgeIdentity, edge: Edge): void {
    const servers = this.#byEnds.get(identity.client) ?? new Map<string, Known[]>();
    this.#byEnds.set(identity.client, servers);
    const known = servers.get(identity.server) ?? [];
    servers.set(identity.server, known);
    known.push({ ...identity, edge });
  }

  #labelsOf({ client, server, type, clientDimensions, serverDimensions }: EdgeIdentity): Labels {
    const labels: Record<string, string> = { client, server };
    if (type !== '') labels['connection_type'] = type;
    for (const [at, name] of this.#options.dimensions.entries()) {
      const ofClient = clientDimensions[at] ?? '';
      const ofServer = serverDimensions[at] ?? '';
      if (ofClient !== '') labels[`client_${name}`] = ofClient;
      if (ofServer !== '') labels[`server_${name}`] = ofServer;
    }
    return labels;
  }
}

function newEdge(labels: Labels, bounds: readonly number[]): Edge {
  const [clientSeconds, serverSeconds] = [new Latency(bounds), new Latency(bounds)];
  return { labels, clientSeconds, serverSeconds, total: 0, failed: 0, isNew: true };
}

function restoreEdge(saved: SavedEdge, bounds: readonly number[]): Edge {
  const { labels, total, failed } = saved;
  const clientSeconds = new Latency(bounds, saved.clientSeconds);
  const serverSeconds = new Latency(bounds, saved.serverSeconds);
  return { labels, clientSeconds, serverSeconds, total, failed, isNew: false };
}

/** All label sets of a table are made in one order. */
function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels));
}

function isSame(known: Known, identity: EdgeIdentity): boolean {
  return (
    known.type === identity.type &&
    identity.clientDimensions.every((value, at) => value === known.clientDimensions[at]) &&
    identity.serverDimensions.every((value, at) => value === known.serverDimensions[at])
  );
}
