/** Which alerts begin while an experiment runs, asked through Alertmanager's public API. */
import { sleep, type Clock } from '#base/clock.ts';
import type { Net } from '#base/net.ts';
import type { Expectations } from '#chaos/experiment/core/model.ts';
import type { ExpectationReport } from '#chaos/experiment/report.ts';

interface Alert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface SeenAlert extends Alert {
  /** Monotonic milliseconds. */
  readonly seenMs: number;
}

const EVERY_MS = 500;
const TIMEOUT_MS = 2000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** Where the platform says whom it suspects. */
const SUSPECT = 'suspect';

export class AlertWatch {
  readonly #origin: string;
  readonly #net: Net;
  readonly #clock: Clock;
  readonly #before = new Set<string>();
  readonly #seen = new Map<string, SeenAlert>();
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(origin: string, net: Net, clock: Clock) {
    this.#origin = origin;
    this.#net = net;
    this.#clock = clock;
  }

  /** What fires by now is not counted. */
  async start(): Promise<void> {
    for (const { fingerprint } of await this.#firing()) this.#before.add(fingerprint);
    this.#done = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  /** Resolves when every expected alert is there, or its time is up; `sinceMs` is when the first fault began. */
  async settle({ alerts }: Expectations, sinceMs: number, signal: AbortSignal): Promise<void> {
    const untilMs = sinceMs + Math.max(0, ...alerts.map(({ withinMs }) => withinMs));
    const missing = (): boolean => alerts.some(({ labels }) => this.#first(labels) === undefined);
    while (missing() && this.#clock.monotonicMs() < untilMs && !signal.aborted)
      await sleep(this.#clock, EVERY_MS, signal).catch(() => {});
  }

  report({ alerts, blame, mustNotPage }: Expectations, sinceMs: number): readonly ExpectationReport[] {
    const unreadable = this.#failures === 0 ? '' : ` (${this.#failures} answers were unreadable)`;
    const expected = alerts.map(({ labels, withinMs }): ExpectationReport => {
      const seen = this.#first(labels);
      const tookMs = (seen?.seenMs ?? 0) - sinceMs;
      return {
        wanted: `alert ${labelsText(labels)} within ${withinMs / 1000} s`,
        met: seen !== undefined && tookMs <= withinMs,
        seen: seen === undefined ? `none${unreadable}` : `after ${(tookMs / 1000).toFixed(1)} s`,
      };
    });
    const [wanted] = alerts;
    const suspect = wanted === undefined ? undefined : this.#first(wanted.labels)?.annotations[SUSPECT];
    const blamed: ExpectationReport[] =
      blame === undefined
        ? []
        : [{ wanted: `it suspects ${blame}`, met: suspect === blame, seen: suspect ?? 'nobody' }];
    const silent = mustNotPage.map((labels): ExpectationReport => {
      const seen = this.#first(labels);
      const met = seen === undefined && this.#failures === 0;
      return {
        wanted: `no alert ${labelsText(labels)}`,
        met,
        seen: seen === undefined ? `none${unreadable}` : labelsText(seen.labels),
      };
    });
    return [...expected, ...blamed, ...silent];
  }

  /** The first seen with all of `labels`. */
  #first(labels: Readonly<Record<string, string>>): SeenAlert | undefined {
    const wanted = Object.entries(labels);
    return [...this.#seen.values()].find((alert) =>
      wanted.every(([name, value]) => alert.labels[name] === value),
    );
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const seenMs = this.#clock.monotonicMs();
      try {
        for (const alert of await this.#firing())
          if (!this.#before.has(alert.fingerprint) && !this.#seen.has(alert.fingerprint))
            this.#seen.set(alert.fingerprint, { ...alert, seenMs });
      } catch {
        this.#failures += 1;
      }
      await sleep(this.#clock, EVERY_MS, signal).catch(() => {});
    }
  }

  /** @throws the error of the network, or of what is no list of alerts */
  async #firing(): Promise<readonly Alert[]> {
    const response = await this.#net.request({
      method: 'GET',
      url: `${this.#origin}/api/v2/alerts`,
      headers: {},
      timeoutMs: TIMEOUT_MS,
      responseBytesMax: ANSWER_BYTES_MAX,
    });
    if (response.status !== 200) throw new Error(`${this.#origin}/api/v2/alerts answered ${response.status}`);
    return JSON.parse(new TextDecoder().decode(response.body)) as readonly Alert[];
  }
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;
}
