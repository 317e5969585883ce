/**
 * `GET /api/plimsoll/v1/logs/tail`: records as they arrive. Each comes once;
 * when more arrive than one look tells, the newest are told and the rest counted.
 */
import type { RequestHandler } from 'express';
import { sleep, type Clock } from '#base/clock.ts';
import { CodedError, isCoded } from '#base/errors.ts';
import type { Counter, Meter } from '#base/metrics.ts';
import type { Remote } from '#base/rpc.ts';
import { errorBody, sendError } from '#server/http/errors.ts';
import { openEventStream } from '#server/http/event-stream.ts';
import { logRecordJson } from '#server/plimsoll/logs-encode.ts';
import { parseLogFilter, type LogQuery } from '#server/plimsoll/logs-parse.ts';
import { METRICS } from '#signals/registry.ts';
import type { LogArrivals, LogFilter, LogReader } from '#storage/ports.ts';

/** Rest between two looks: soon enough for who watches, and a slow store is asked less often. */
export const TAIL_POLL_MS = 500;
/** Told at one look: a thousand a second is more than anybody reads. */
export const TAIL_RECORDS_MAX = 500;
/** Each asks the store twice a second. */
export const TAILS_MAX = 32;

export interface LogTailOptions {
  readonly reader: Remote<LogReader>;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** Data of one event: `records`, or `trouble` when the store cannot be asked right now. */
interface Told {
  readonly name: 'records' | 'trouble';
  readonly data: object;
}

export function logTailRoute({ reader, clock, meter }: LogTailOptions): RequestHandler {
  const open = meter.gauge(METRICS.logTails);
  const closed = meter.counter(METRICS.logTailRefusals);
  const skipped = meter.counter(METRICS.logTailSkipped);
  let count = 0;
  open.set(0);
  return async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the caller has gone')));
    try {
      const filter = parseLogFilter(request.query as LogQuery);
      if (count >= TAILS_MAX) {
        closed.add(1, { reason: 'full' });
        throw new CodedError('PLIM_OVERLOADED', `${TAILS_MAX} watch logs already; close one or wait`);
      }
      open.set((count += 1));
      response.once('close', () => open.set((count -= 1)));
      const tail = new LogTail(reader, filter, skipped);
      // Before the answer begins, so that an error is one.
      await tail.begin(gone.signal);
      let lastId = 0;
      const stream = openEventStream(response, clock, (why) => {
        if (why === 'slow') closed.add(1, { reason: 'slow' });
      });
      for (;;) {
        await sleep(clock, TAIL_POLL_MS, gone.signal);
        const told = await tail.look(gone.signal);
        if (told !== undefined)
          stream.send({ id: (lastId += 1), name: told.name, data: JSON.stringify(told.data) });
      }
    } catch (error) {
      if (!response.headersSent && !response.destroyed) sendError(response, error);
      else response.end();
    }
  };
}

class LogTail {
  readonly #reader: Remote<LogReader>;
  readonly #filter: LogFilter;
  readonly #skipped: Counter;
  #since: string | undefined;
  /** Of the last look, so that it is told once. */
  #trouble: string | undefined;

  constructor(reader: Remote<LogReader>, filter: LogFilter, skipped: Counter) {
    this.#reader = reader;
    this.#filter = filter;
    this.#skipped = skipped;
  }

  /** What arrives from now on is heard of. */
  async begin(signal: AbortSignal): Promise<void> {
    this.#since = (await this.#ask(undefined, signal)).next;
  }

  /** Undefined when there is nothing to tell. @throws only what the signal aborts with */
  async look(signal: AbortSignal): Promise<Told | undefined> {
    try {
      const { records, skipped, next } = await this.#ask(this.#since, signal);
      this.#since = next;
      this.#trouble = undefined;
      if (records.length === 0) return undefined;
      if (skipped > 0) this.#skipped.add(skipped);
      const data = { records: records.map(logRecordJson), ...(skipped > 0 ? { skipped } : {}) };
      return { name: 'records', data };
    } catch (error) {
      signal.throwIfAborted();
      return isCoded(error, 'PLIM_QUERY_LIMIT') ? this.#leap(signal) : this.#inTrouble(error);
    }
  }

  /** What has arrived is too large to be told, and would be again. */
  async #leap(signal: AbortSignal): Promise<Told | undefined> {
    try {
      await this.begin(signal);
      return { name: 'records', data: { records: [], truncated: true } };
    } catch (error) {
      signal.throwIfAborted();
      return this.#inTrouble(error);
    }
  }

  #inTrouble(error: unknown): Told | undefined {
    const data = errorBody(error);
    if (data.code === this.#trouble) return undefined;
    this.#trouble = data.code;
    return { name: 'trouble', data };
  }

  #ask(since: string | undefined, signal: AbortSignal): Promise<LogArrivals> {
    return this.#reader.logArrivals(this.#filter, { since, recordsMax: TAIL_RECORDS_MAX }, signal);
  }
}
