/**
 * A server of remote write as a script: it keeps the rules of Prometheus' head
 * block. A request of 1.0 with a sample that is late is refused as a whole; of
 * 2.0 what is not late is taken.
 */
import type { NetRequest } from '#base/net.ts';
import type { ScriptedResponse } from '#base/sim/net.ts';
import { uncompressSync } from 'snappy';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import type { Labels } from '#signals/matchers.ts';

export interface Received {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number | 'stale';
}

export class RemoteWriteServer {
  /** In order of arrival. */
  readonly samples: Received[] = [];
  readonly exemplars: { readonly labels: Labels; readonly value: number }[] = [];
  readonly families: string[] = [];
  requests = 0;
  /** By series: the newest sample. */
  readonly #newest = new Map<string, Received>();

  take(request: NetRequest): ScriptedResponse {
    this.requests += 1;
    const body = uncompressSync(request.body ?? new Uint8Array());
    const told: Received[] = [];
    const exemplars: (typeof this.exemplars)[number][] = [];
    decodeWriteRequest(body as Uint8Array, {
      sample: (labels, timeMs, value, stale) =>
        told.push({ labels: { ...labels }, timeMs, value: stale ? 'stale' : value }),
      exemplar: (labels, { value }) => exemplars.push({ labels: { ...labels }, value }),
      metadata: (name) => this.families.push(name),
    });
    const late = told.find((sample) => this.#isLate(sample));
    if (late !== undefined) {
      const before = this.#newest.get(JSON.stringify(late.labels));
      return {
        status: 400,
        body: before?.timeMs === late.timeMs ? 'duplicate sample for timestamp' : 'out of order sample',
      };
    }
    for (const sample of told) {
      const key = JSON.stringify(sample.labels);
      const before = this.#newest.get(key);
      if (before === undefined || sample.timeMs > before.timeMs) {
        this.samples.push(sample);
        this.#newest.set(key, sample);
      }
    }
    this.exemplars.push(...exemplars);
    return { status: 204 };
  }

  #isLate({ labels, timeMs, value }: Received): boolean {
    const before = this.#newest.get(JSON.stringify(labels));
    if (before === undefined) return false;
    return timeMs < before.timeMs || (timeMs === before.timeMs && value !== before.value);
  }
}
