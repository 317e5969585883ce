/**
 * One request of remote write, in 2.0 where the server takes it and else in 1.0.
 * A server that does not say how many samples it wrote knows no 2.0: it may have
 * skipped all it did not understand, so it gets the same again in 1.0.
 */
import type { Logger } from '#base/log.ts';
import { answerText, type Destination } from '#collector/exporters/http/destination.ts';
import type { RemoteWriteConfig } from '#collector/exporters/prometheusremotewrite/config.ts';
import { verdictOf, type RefusalReason } from '#collector/exporters/prometheusremotewrite/core/answers.ts';
import {
  hasExemplars,
  type Chunk,
  type Slice,
} from '#collector/exporters/prometheusremotewrite/core/chunks.ts';
import { compressBlock } from '#signals/prometheus/snappy.ts';
import type { MetricDescription } from '#signals/prometheus/sink.ts';
import { WriteRequestWriter } from '#signals/prometheus/write-request.ts';
import { WriteRequestV2Writer } from '#signals/prometheus/write-request-v2.ts';

export type Protocol = '1.0' | '2.0';

export type WireAnswer =
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      readonly detail: string;
      /** Samples of it that are there; undefined when the server does not say. */
      readonly written: number | undefined;
    };

/** Description of the family a series belongs to. */
export type Describe = (metricName: string) => MetricDescription | undefined;

const HEADERS: Readonly<Record<Protocol, Readonly<Record<string, string>>>> = {
  '1.0': {
    'content-type': 'application/x-protobuf',
    'x-prometheus-remote-write-version': '0.1.0',
  },
  '2.0': {
    'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'x-prometheus-remote-write-version': '2.0.0',
  },
};

export class RemoteWriteWire {
  readonly #url: string;
  readonly #destination: Destination;
  readonly #log: Logger;
  readonly #isFixed: boolean;
  #protocol: Protocol;
  #isKnown = false;

  constructor(config: RemoteWriteConfig, destination: Destination, log: Logger) {
    this.#url = config.endpoint;
    this.#destination = destination;
    this.#log = log;
    this.#isFixed = config.protocol !== 'auto';
    this.#protocol = config.protocol === '1.0' ? '1.0' : '2.0';
  }

  get protocol(): Protocol {
    return this.#protocol;
  }

  /** @throws ExportError when the server may take it later */
  async send(chunk: Chunk, describe: Describe, signal: AbortSignal): Promise<WireAnswer> {
    const protocol = this.#protocol;
    const body = protocol === '1.0' ? bodyOf(chunk) : bodyV2Of(chunk, describe);
    const response = await this.#post(body, protocol, signal);
    const detail = answerText(response);
    const writtenHeader = response.headers['x-prometheus-remote-write-samples-written'];
    const verdict = verdictOf(
      { status: response.status, writtenHeader, text: detail },
      protocol,
      chunk.samples,
    );
    switch (verdict.kind) {
      case 'taken':
        this.#settle(protocol);
        return verdict;
      case 'refused':
        return { ...verdict, detail };
      case 'later':
        throw this.#destination.laterError(this.#url, response);
      case 'other-protocol':
        if (this.#isFixed) throw this.#destination.laterError(this.#url, response);
        this.#protocol = '1.0';
        return this.send(chunk, describe, signal);
    }
  }

  /** Descriptions alone, as 1.0 sends them; 2.0 has them with each series. @throws ExportError */
  async describe(described: ReadonlyMap<string, MetricDescription>, signal: AbortSignal): Promise<void> {
    const writer = new WriteRequestWriter();
    for (const [name, description] of described) writer.metadata(name, description);
    await this.#post(writer.take(), '1.0', signal);
  }

  async #post(body: Uint8Array, protocol: Protocol, signal: AbortSignal) {
    const headers = { ...HEADERS[protocol], 'content-encoding': 'snappy' };
    try {
      return await this.#destination.post({
        url: this.#url,
        headers,
        body: await compressBlock(body),
        signal,
      });
    } catch (error) {
      // What comes back may be another server.
      if (!this.#isFixed) this.#protocol = '2.0';
      this.#isKnown = false;
      throw error;
    }
  }

  #settle(protocol: Protocol): void {
    if (!this.#isKnown) this.#log.info({ url: this.#url, protocol }, 'the server takes remote write');
    this.#isKnown = true;
  }
}

function bodyOf(chunk: Chunk): Uint8Array {
  const writer = new WriteRequestWriter();
  for (const slice of chunk.slices) {
    const { labels } = slice.series;
    for (const { timeMs, value } of samplesIn(slice)) {
      writer.sample(labels, timeMs, value ?? 0, value === undefined);
    }
    if (hasExemplars(slice)) for (const exemplar of slice.series.exemplars) writer.exemplar(labels, exemplar);
  }
  return writer.take();
}

function bodyV2Of(chunk: Chunk, describe: Describe): Uint8Array {
  const writer = new WriteRequestV2Writer();
  for (const slice of chunk.slices) {
    const { labels, exemplars } = slice.series;
    writer.series(labels, describe(labels['__name__'] ?? ''), (to) => {
      for (const { timeMs, value } of samplesIn(slice)) to.sample(timeMs, value);
      if (hasExemplars(slice)) for (const exemplar of exemplars) to.exemplar(exemplar);
    });
  }
  return writer.take();
}

function samplesIn({ series, from, to }: Slice) {
  return from === 0 && to === series.samples.length ? series.samples : series.samples.slice(from, to);
}
