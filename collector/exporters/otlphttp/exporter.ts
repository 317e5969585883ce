/**
 * Telemetry on to whoever takes OTLP over HTTP, in the bytes it came in. What a
 * destination finds too large or wrong is sent in halves, so that one bad record
 * takes no other with it; after what it finds too large, or does not answer in
 * time, requests stay smaller for a while.
 */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Net, NetResponse } from '#base/net.ts';
import { RequestSize } from '#collector/exporters/core/request-size.ts';
import { answerText, Destination } from '#collector/exporters/http/destination.ts';
import { readTls } from '#base/real/tls-files.ts';
import type { OtlpHttpConfig } from '#collector/exporters/otlphttp/config.ts';
import { otlpVerdict, type OtlpRefusal } from '#collector/exporters/otlphttp/core/answers.ts';
import {
  bodyOf,
  bytesOf,
  partlyRefused,
  refusalsOf,
  type OtlpRequest,
} from '#collector/exporters/otlphttp/core/requests.ts';
import { Progress } from '#collector/exporters/otlphttp/core/progress.ts';
import {
  ExportError,
  type ExportBatch,
  type Exporter,
  type ExportOutcome,
  type RefusedItem,
} from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { OtlpSignal } from '#signals/otlp/response.ts';
import type { RecordKind } from '#signals/records.ts';
import { present } from '#base/invariant.ts';

const compress = promisify(gzip);

/** Of record bodies: a request or two. */
const BATCH_BYTES_MAX = 4 * 2 ** 20;
/** Telemetry repeats itself: more effort costs much time and saves few bytes. */
const GZIP_LEVEL = constants.Z_BEST_SPEED;
/** Warnings of a destination are told again after so long. */
const WARN_EVERY_MS = 60_000;

const KINDS: Readonly<Record<OtlpSignal, RecordKind>> = {
  traces: 'otlp-traces',
  logs: 'otlp-logs',
  metrics: 'otlp-metrics',
};

export interface OtlpHttpOptions {
  readonly config: OtlpHttpConfig;
  readonly net: Net;
  readonly clock: Clock;
  readonly log: Logger;
  /** In place of the usual one. For the negative control of a test alone. */
  readonly size?: RequestSize;
}

/** @throws CodedError `PLIM_CONFIG_INVALID` when a file it names cannot be read */
export function createOtlpHttpExporter(options: OtlpHttpOptions): Exporter {
  return new OtlpHttpExporter(options);
}

class OtlpHttpExporter implements Exporter {
  readonly kinds: Exporter['kinds'];
  readonly batchBytesMax = BATCH_BYTES_MAX;
  readonly #options: OtlpHttpOptions;
  readonly #destination: Destination;
  readonly #size: RequestSize;
  #warnedMs = Number.NEGATIVE_INFINITY;
  /** Of the call that rejected: the next one, with the same records, goes on where it ended. */
  #unfinished: Progress | undefined;

  constructor(options: OtlpHttpOptions) {
    this.#options = options;
    const { net, clock, config } = options;
    this.#size = options.size ?? new RequestSize(config.requestBytesMax);
    const signals = Object.keys(config.urls) as OtlpSignal[];
    this.kinds = new Set(signals.map((signal) => KINDS[signal]));
    this.#destination = new Destination({
      net,
      clock,
      common: config.common,
      tls: readTls(config.common.tls),
    });
  }

  /** @throws ExportError */
  async export({ records, signal }: ExportBatch): Promise<ExportOutcome> {
    const progress = this.#progressOf(records);
    const size = this.#size;
    let requests = progress.requests(size.limit);
    for (let next = requests.shift(); next !== undefined; next = requests.shift()) {
      const answer = await this.#send(next, signal);
      const halves = answer.kind === 'refused' ? this.#halves(progress, next, answer.reason) : undefined;
      if (halves === undefined) {
        progress.settle(next, refusedOf(next, answer));
      } else if (answer.kind === 'refused' && answer.reason === 'too_large') {
        size.tooLarge(bytesOf(next));
        requests = progress.requests(size.limit);
      } else {
        requests.unshift(...halves);
      }
    }
    this.#unfinished = undefined;
    return { refused: progress.refused() };
  }

  #progressOf(records: readonly JournalRecord[]): Progress {
    const before = this.#unfinished;
    if (before?.isOf(records) === true) {
      before.resume(records);
      return before;
    }
    const progress = new Progress(records);
    this.#unfinished = progress;
    return progress;
  }

  /** What is wrong about the data is not looked for below resources: that would be a request an item. */
  #halves(progress: Progress, request: OtlpRequest, reason: OtlpRefusal): readonly OtlpRequest[] | undefined {
    if (reason === 'no_such_signal') return undefined;
    return progress.halves(request, reason === 'too_large' ? 'items' : 'entries');
  }

  /** Nothing is open between two calls. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #send(request: OtlpRequest, signal: AbortSignal): Promise<SendAnswer> {
    const { config, clock } = this.#options;
    const beginMs = clock.monotonicMs();
    try {
      const answer = await this.#ask(request, signal);
      const timeShare = (clock.monotonicMs() - beginMs) / config.common.timeoutMs;
      if (answer.kind === 'taken') this.#size.taken(bytesOf(request), timeShare);
      return answer;
    } catch (error) {
      if (error instanceof ExportError && error.isTooSlow) this.#size.tooSlow(bytesOf(request));
      throw error;
    }
  }

  async #ask(request: OtlpRequest, signal: AbortSignal): Promise<SendAnswer> {
    const url = present(this.#options.config.urls[request.signal], 'only kinds with an address are exported');
    const response = await this.#post(request, url, signal);
    const verdict = otlpVerdict(response.status, response.body, response.headers['content-type'] ?? '');
    if (verdict.kind === 'later') throw this.#destination.laterError(url, response);
    if (verdict.kind === 'refused') {
      return { ...verdict, detail: `${url} answered ${response.status}: ${answerText(response)}` };
    }
    if (verdict.message !== '') this.#warn(url, verdict.rejected, verdict.message);
    return verdict;
  }

  async #post(request: OtlpRequest, url: string, signal: AbortSignal): Promise<NetResponse> {
    const { compresses } = this.#options.config;
    const body = bodyOf(request);
    return this.#destination.post({
      url,
      headers: {
        'content-type': 'application/x-protobuf',
        ...(compresses ? { 'content-encoding': 'gzip' } : {}),
      },
      body: compresses ? await compress(body, { level: GZIP_LEVEL }) : body,
      signal,
    });
  }

  #warn(url: string, rejected: number, message: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#warnedMs < WARN_EVERY_MS) return;
    this.#warnedMs = nowMs;
    this.#options.log.warn(
      { url, rejected, message: message.slice(0, 500) },
      'the destination has a complaint',
    );
  }
}

type SendAnswer =
  | { readonly kind: 'taken'; readonly rejected: number; readonly message: string }
  | { readonly kind: 'refused'; readonly reason: OtlpRefusal; readonly detail: string };

function refusedOf(request: OtlpRequest, answer: SendAnswer): RefusedItem[] {
  return answer.kind === 'refused'
    ? refusalsOf(request, answer.reason, answer.detail)
    : partlyRefused(request, answer.rejected, answer.message);
}
