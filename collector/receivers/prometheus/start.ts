/**
 * The scraper: asks each target in its turn, never twice at a time, and writes
 * what came to the journal. A scrape the journal refuses is lost and counted;
 * the target is up all the same.
 */
import { sleep, type Clock } from '#base/clock.ts';
import { errorText, isCoded, type CodedError } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Counter, Meter } from '#base/metrics.ts';
import type { Net } from '#base/net.ts';
import { itemCounter, type ItemCounter } from '#collector/receivers/http/door-metrics.ts';
import type { PrometheusConfig, ScrapeTarget } from '#collector/receivers/prometheus/config.ts';
import { firstDelayMs, nextDueMs } from '#collector/receivers/prometheus/core/schedule.ts';
import { SeriesBook, type ScrapeTimes } from '#collector/receivers/prometheus/core/series-book.ts';
import { fetchTarget, type FailureKind, type Fetched } from '#collector/receivers/prometheus/fetch.ts';
import type { JournalWriter } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { WriteRequestWriter } from '#signals/prometheus/write-request.ts';
import { METRICS } from '#signals/registry.ts';

export interface ScraperOptions {
  readonly config: PrometheusConfig;
  readonly journal: Pick<JournalWriter, 'append'>;
  /** A reason to keep nothing now, or undefined. */
  readonly refusalNow?: () => CodedError | undefined;
  readonly net: Net;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter;
}

/** Scrapes until it is disposed of; a scrape in flight is given up then. */
export function startScraper(options: ScraperOptions): AsyncDisposable {
  const stop = new AbortController();
  const counters = countersOf(options.meter);
  const loops = options.config.targets.map((target) =>
    new TargetLoop(target, options, counters).run(stop.signal),
  );
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(loops);
    },
  };
}

interface Counters {
  readonly scrapes: Counter;
  readonly dropped: Counter;
  readonly items: ItemCounter;
}

function countersOf(meter: Meter): Counters {
  return {
    scrapes: meter.counter(METRICS.scrapes),
    dropped: meter.counter(METRICS.scrapeDroppedSamples),
    items: itemCounter(meter, 'prometheus', 'http'),
  };
}

class TargetLoop {
  readonly #target: ScrapeTarget;
  readonly #options: ScraperOptions;
  readonly #counters: Counters;
  readonly #book: SeriesBook;
  /** Of the last scrape, so that only changes are logged. */
  #outcome: 'ok' | FailureKind | undefined;

  constructor(target: ScrapeTarget, options: ScraperOptions, counters: Counters) {
    this.#target = target;
    this.#options = options;
    this.#counters = counters;
    this.#book = new SeriesBook(target);
  }

  /** Resolves when `stop` is aborted. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { intervalMs, labels, url } = this.#target;
    const identity = `${url} ${JSON.stringify(labels)}`;
    let dueMs = clock.monotonicMs() + firstDelayMs(identity, intervalMs, clock.wallMs());
    while (!stop.aborted) {
      await sleep(clock, Math.max(0, dueMs - clock.monotonicMs()), stop).catch(() => {});
      if (stop.aborted) return;
      await this.#scrape(stop).catch((error: unknown) => this.#bug(error));
      dueMs = nextDueMs(dueMs, intervalMs, clock.monotonicMs());
    }
  }

  async #scrape(stop: AbortSignal): Promise<void> {
    const { clock, net } = this.#options;
    const atMs = clock.wallMs();
    const startedMs = clock.monotonicMs();
    const fetched = await fetchTarget(this.#target, net, stop);
    // What a stop cut off says nothing about the target.
    if (stop.aborted) return;
    const times = { atMs, durationSeconds: (clock.monotonicMs() - startedMs) / 1000 };
    const writer = this.#write(fetched, times);
    await this.#keep(writer);
  }

  #write(fetched: Fetched, times: ScrapeTimes): WriteRequestWriter {
    const writer = new WriteRequestWriter();
    if (fetched.kind === 'read') {
      try {
        const duplicates = this.#book.succeeded(fetched.exposition, times, writer);
        if (duplicates > 0) this.#drop('duplicate', duplicates);
        this.#note('ok', '');
        return writer;
      } catch (error) {
        if (!isCoded(error, 'PLIM_BODY_TOO_LARGE')) throw error;
        this.#note('limit', error.message);
      }
    } else {
      this.#note(fetched.kind, fetched.message);
    }
    this.#book.failed(times, writer);
    return writer;
  }

  async #keep(writer: WriteRequestWriter): Promise<void> {
    const { journal, refusalNow } = this.#options;
    const items = writer.samples;
    try {
      const refusal = refusalNow?.();
      if (refusal !== undefined) throw refusal;
      await journal.append({ kind: 'prom-samples', tenant: DEFAULT_TENANT, items, body: writer.take() });
      this.#counters.items('metrics', items, 0);
    } catch (error) {
      this.#book.forgetDescriptions();
      this.#drop(isCoded(error) ? error.code : 'PLIM_INTERNAL', items);
      if (!isCoded(error)) this.#bug(error);
    }
  }

  /** The other scrapes go on. */
  #bug(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#options.log.error({ error: errorText(error), stack }, 'a scrape met a bug');
  }

  #drop(reason: string, samples: number): void {
    this.#counters.dropped.add(samples, { job: this.#target.job, reason });
  }

  #note(outcome: 'ok' | FailureKind, message: string): void {
    const { job, url } = this.#target;
    this.#counters.scrapes.add(1, { job, outcome });
    const before = this.#outcome;
    this.#outcome = outcome;
    if (before === outcome || (before === undefined && outcome === 'ok')) return;
    if (outcome === 'ok') this.#options.log.info({ job, url }, 'the target can be scraped again');
    else this.#options.log.warn({ job, url, outcome, error: message }, 'the target cannot be scraped');
  }
}
