/**
 * A service at a steady rate, seen from outside: it posts its spans in batches
 * and keeps its own log of what it did. From that log alone follows when a burn
 * policy first holds; no line is shared with the engine under test.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTraces, type TestSpan } from '#test/support/otlp.ts';
import type { OtlpSender } from '#test/support/client.ts';

export interface ServiceEvent {
  /** End of the request, milliseconds since the epoch. */
  readonly atMs: number;
  readonly bad: boolean;
}

export interface Policy {
  readonly objective: number;
  readonly longWindowMs: number;
  readonly shortWindowMs: number;
  readonly factor: number;
  readonly badEventsMin: number;
}

/** Requests take this long on the record. */
const REQUEST_MS = 5;

export class SteadySender {
  readonly events: ServiceEvent[] = [];
  /** What the requests from now on are. */
  failing = false;
  /** Posts that were not answered 200. */
  refused = 0;
  readonly #sender: OtlpSender;
  readonly #service: string;
  readonly #perSecond: number;
  readonly #batchMs: number;

  constructor(
    sender: OtlpSender,
    options: { readonly service: string; readonly perSecond: number; readonly batchMs: number },
  ) {
    this.#sender = sender;
    this.#service = options.service;
    this.#perSecond = options.perSecond;
    this.#batchMs = options.batchMs;
  }

  get firstFailedMs(): number | undefined {
    return this.events.find((event) => event.bad)?.atMs;
  }

  /** Sends until aborted. Requests are due at fixed times, whatever the posts take. */
  async run(signal: AbortSignal): Promise<void> {
    const startMs = Date.now();
    let due = 0;
    while (!signal.aborted) {
      await sleep(this.#batchMs);
      const spans: TestSpan[] = [];
      for (; startMs + (due * 1000) / this.#perSecond <= Date.now(); due += 1) {
        const atMs = startMs + (due * 1000) / this.#perSecond;
        const bad = this.failing;
        this.events.push({ atMs, bad });
        spans.push(serverSpan(atMs, bad));
      }
      if (spans.length > 0) await this.#post(spans);
    }
  }

  async #post(spans: readonly TestSpan[]): Promise<void> {
    const { status } = await this.#sender.post('traces', buildTraces({ service: this.#service, spans }));
    if (status !== 200) this.refused += 1;
  }
}

function serverSpan(atMs: number, bad: boolean): TestSpan {
  const endNanos = BigInt(Math.round(atMs * 1000)) * 1000n;
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: 'GET /quotes',
    startNanos: endNanos - BigInt(REQUEST_MS) * 1_000_000n,
    endNanos,
    statusCode: bad ? 2 : 0,
  };
}

/**
 * First moment at which both windows burn faster than the factor, over the
 * sender's own log. A window that is not filled yet is taken to go on at the
 * rate seen so far.
 */
export function firstHoldsMs(events: readonly ServiceEvent[], policy: Policy): number | undefined {
  const beganMs = events[0]?.atMs ?? 0;
  return events.find((event, index) => {
    if (!event.bad) return false;
    const past = events.slice(0, index + 1);
    return [policy.longWindowMs, policy.shortWindowMs].every((windowMs, which) => {
      const inside = past.filter(({ atMs }) => atMs > event.atMs - windowMs);
      const bad = inside.filter((one) => one.bad).length;
      if (which === 0 && bad < policy.badEventsMin) return false;
      const filled = Math.min(1, Math.max(event.atMs - beganMs, 1) / windowMs);
      const burn = bad / (inside.length / filled) / (1 - policy.objective);
      return burn > policy.factor;
    });
  })?.atMs;
}

/** An OpenSLO file for one availability SLO; without a policy the default ones hold. */
export function sloText(service: string, objective: number, policy?: Policy): string {
  const extension =
    policy === undefined
      ? ''
      : `  annotations:
    plimsoll.dev/slo: |
      badEventsMin: ${policy.badEventsMin}
      burnPolicies:
        - { severity: page, long: ${policy.longWindowMs / 1000}s, short: ${policy.shortWindowMs / 1000}s, factor: ${policy.factor} }
`;
  return `apiVersion: openslo/v1
kind: SLO
metadata:
  name: availability
${extension}spec:
  service: ${service}
  objectives:
    - target: ${objective}
`;
}

/** A configuration that pages one webhook. */
export function pagingConfig(webhookUrl: string): string {
  return `alerting:
  alertmanager:
    route: { receiver: on-call }
    receivers:
      - name: on-call
        webhook_configs:
          - url: ${webhookUrl}
`;
}
