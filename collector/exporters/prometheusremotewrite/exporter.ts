/**
 * Metrics to whatever takes Prometheus' remote write. Requests go one after the
 * other, so that each series arrives in order. What a server will never take is
 * found by sending the request in halves, and told; the rest of it is there.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Net, NetTls } from '#base/net.ts';
import { RequestSize } from '#collector/exporters/core/request-size.ts';
import { Destination, UnansweredError } from '#collector/exporters/http/destination.ts';
import {
  ExportError,
  type ExportBatch,
  type Exporter,
  type ExportOutcome,
} from '#collector/exporters/ports.ts';
import type { RemoteWriteConfig } from '#collector/exporters/prometheusremotewrite/config.ts';
import { isAboutTime } from '#collector/exporters/prometheusremotewrite/core/answers.ts';
import {
  bytesOf,
  firstOf,
  halvesOf,
  restOf,
  type Chunk,
} from '#collector/exporters/prometheusremotewrite/core/chunks.ts';
import { Descriptions } from '#collector/exporters/prometheusremotewrite/core/descriptions.ts';
import {
  Learnt,
  planOf,
  type Plan,
  type Request,
} from '#collector/exporters/prometheusremotewrite/core/plan.ts';
import type { Refusals } from '#collector/exporters/prometheusremotewrite/core/refusals.ts';
import type { StoredSamples } from '#collector/exporters/prometheusremotewrite/stored.ts';
import { RemoteWriteWire, type WireAnswer } from '#collector/exporters/prometheusremotewrite/wire.ts';

/** Of record bodies: tens of thousands of samples, decoded in tens of milliseconds. */
const BATCH_BYTES_MAX = 2 ** 20;
/** Descriptions change rarely, and a server that was started anew has forgotten them: as often as Prometheus. */
const DESCRIBE_EVERY_MS = 60_000;

export interface RemoteWriteOptions {
  readonly config: RemoteWriteConfig;
  readonly net: Net;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tls: NetTls | undefined;
  /** Asked whether samples are there already; undefined when the server cannot be asked. */
  readonly stored: StoredSamples | undefined;
  /** In place of the usual one. For the negative control of a test alone. */
  readonly size?: RequestSize;
}

export class RemoteWriteExporter implements Exporter {
  readonly kinds: Exporter['kinds'] = new Set(['otlp-metrics', 'prom-samples']);
  readonly batchBytesMax = BATCH_BYTES_MAX;
  readonly #options: RemoteWriteOptions;
  readonly #wire: RemoteWriteWire;
  readonly #size: RequestSize;
  readonly #descriptions = new Descriptions();
  readonly #learnt = new Learnt();
  #describedMs = Number.NEGATIVE_INFINITY;
  /** Of the call that rejected: the next one, with the same records, goes on where it ended. */
  #unfinished: Plan | undefined;

  constructor(options: RemoteWriteOptions) {
    this.#options = options;
    const { net, clock, tls, config } = options;
    this.#size = options.size ?? new RequestSize(config.requestBytesMax);
    const destination = new Destination({ net, clock, tls, common: config.common });
    this.#wire = new RemoteWriteWire(config, destination, options.log);
  }

  /** @throws ExportError */
  async export(batch: ExportBatch): Promise<ExportOutcome> {
    const before = this.#unfinished;
    const plan =
      before?.isOf(batch.records) === true ? before : planOf(batch, this.#options.config, this.#learnt);
    this.#unfinished = plan;
    this.#descriptions.learn(plan.described);
    await this.#describe(batch.signal);
    for (let next = this.#next(plan); next !== undefined; next = this.#next(plan)) {
      const answer = await this.#send(next, batch.signal);
      plan.requests.splice(0, 1, ...followUps(next, answer, plan.refusals));
    }
    await this.#forgetStored(plan.refusals, batch.signal);
    this.#unfinished = undefined;
    return { refused: plan.refused() };
  }

  /** Nothing is open between two calls. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** The first request, in halves as long as it is larger than what goes at present. */
  #next({ requests }: Plan): Request | undefined {
    for (let [next] = requests; next !== undefined; [next] = requests) {
      const { chunk, mayBeStored } = next;
      if (chunk.samples === 1 || bytesOf(chunk) <= this.#size.limit) return next;
      requests.splice(0, 1, ...halvesOf(chunk).map((half) => ({ chunk: half, mayBeStored })));
    }
    return undefined;
  }

  async #send(request: Request, signal: AbortSignal): Promise<WireAnswer> {
    const { clock, config } = this.#options;
    const { chunk } = request;
    const beginMs = clock.monotonicMs();
    try {
      const answer = await this.#wire.send(chunk, (name) => this.#descriptions.of(name), signal);
      const took = (clock.monotonicMs() - beginMs) / config.common.timeoutMs;
      if (answer.kind === 'taken') this.#size.taken(bytesOf(chunk), took);
      else if (answer.reason === 'too_large' && chunk.samples > 1) this.#size.tooLarge(bytesOf(chunk));
      return answer;
    } catch (error) {
      if (error instanceof ExportError && error.isTooSlow) this.#size.tooSlow(bytesOf(chunk));
      // A server that answered took none of it, but an answer may be a proxy's.
      if (!(error instanceof UnansweredError) || error.mayBeTaken) request.mayBeStored = true;
      throw error;
    }
  }

  /** Of the refused, those that are there: sent before, by a request whose answer nobody heard. */
  async #forgetStored(refusals: Refusals, signal: AbortSignal): Promise<void> {
    const doubtful = refusals.doubtful();
    const { stored } = this.#options;
    if (doubtful.length === 0 || stored === undefined) return;
    const found = await stored.find(doubtful, signal);
    for (const sample of found) refusals.forget(sample);
  }

  /** Best effort: nothing is lost with it. */
  async #describe(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.#options;
    const nowMs = clock.monotonicMs();
    const isDue = nowMs - this.#describedMs >= DESCRIBE_EVERY_MS;
    if (!config.sendsMetadata || !isDue || this.#wire.protocol !== '1.0' || this.#descriptions.size === 0)
      return;
    this.#describedMs = nowMs;
    try {
      await this.#wire.describe(this.#descriptions.all(), signal);
    } catch (error) {
      if (!(error instanceof ExportError)) throw error;
    }
  }
}

/** What is to be sent in place of a request that was answered. */
function followUps(request: Request, answer: WireAnswer, refusals: Refusals): Request[] {
  if (answer.kind === 'taken') return [];
  const { chunk } = request;
  const { reason, detail, written } = answer;
  const refusal = { reason, detail };
  const mayBeStored = request.mayBeStored || written === undefined || written > 0;
  if (chunk.samples === 1 || (written !== undefined && written > 0)) {
    // Some are there, and which of them cannot be found out by sending again.
    refusals.add(chunk, refusal, { mayBeStored, atMost: chunk.samples - (written ?? 0) });
    return [];
  }
  const again = (part: Chunk): Request => ({ chunk: part, mayBeStored });
  if (chunk.slices.length > 1 || !isAboutTime(reason)) return halvesOf(chunk).map(again);
  // Of one series: if any is too late, the first is.
  refusals.add(firstOf(chunk), refusal, { mayBeStored, atMost: 1 });
  const rest = restOf(chunk);
  return rest === undefined ? [] : [again(rest)];
}
