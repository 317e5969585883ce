/** The event bus over HTTP: the broker of this company. */
import { randomBytes } from 'node:crypto';
import { withExtractedContext } from '@plimsoll/sdk';
import { PeerFailure } from '#sample-services/lib/core/peer-failure.ts';
import type { EventBus, NewRecord, Poll, StoredRecord } from '#sample-services/lib/event-bus.ts';

/** For a publish or a commit: the broker has to sync its disk. */
const REQUEST_TIMEOUT_MS = 3000;
/** On top of the time a poll may wait. */
const POLL_GRACE_MS = 2000;

export interface HttpBusOptions {
  readonly requestTimeoutMs?: number;
  readonly pollGraceMs?: number;
}

export class HttpBus implements EventBus {
  readonly #url: string;
  readonly #requestTimeoutMs: number;
  readonly #pollGraceMs: number;

  /** @param url of the broker, without a slash at the end */
  constructor(
    url: string,
    { requestTimeoutMs = REQUEST_TIMEOUT_MS, pollGraceMs = POLL_GRACE_MS }: HttpBusOptions = {},
  ) {
    this.#url = url;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#pollGraceMs = pollGraceMs;
  }

  async publish(topic: string, records: readonly NewRecord[]): Promise<void> {
    await this.#send(`/topics/${topic}/records`, { records });
  }

  async poll({ topic, group, recordsMax, waitMs, signal }: Poll): Promise<readonly StoredRecord[]> {
    const path = `/topics/${topic}/groups/${group}/records?max=${recordsMax}&wait_ms=${waitMs}`;
    const timeout = AbortSignal.timeout(waitMs + this.#pollGraceMs);
    return unsampled(async () => {
      const body = await ask(this.#url + path, { signal: AbortSignal.any([signal, timeout]) });
      return (body as { readonly records: readonly StoredRecord[] }).records;
    });
  }

  async commit(topic: string, group: string, nextOffset: number): Promise<void> {
    await unsampled(() => this.#send(`/topics/${topic}/groups/${group}/offset`, { next_offset: nextOffset }));
  }

  async #send(path: string, body: unknown): Promise<void> {
    await ask(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(this.#requestTimeoutMs),
    });
  }
}

/** @throws PeerFailure when there was no answer, or none below 400 */
async function ask(url: string, init: RequestInit): Promise<unknown> {
  const { status, text } = await fetch(url, init)
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch((error: unknown) => {
      throw PeerFailure.of('broker', error);
    });
  if (status >= 400) throw new PeerFailure('broker', 'status', { status });
  return JSON.parse(text) as unknown;
}

/**
 * Waiting for news is not work: it is left out of the traces, on both sides, by a
 * parent that is not sampled (W3C Trace Context, flags 00). Each record that was
 * read gets its span, in the trace it came from.
 */
function unsampled<T>(work: () => Promise<T>): Promise<T> {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return withExtractedContext({ traceparent: `00-${traceId}-${spanId}-00` }, work);
}
