/**
 * A receiver that honours Idempotency-Key, and the judge of what it was sent:
 * every notification it has not seen before must say something new, in order,
 * and a resolution must belong to a firing it was told of.
 */

export interface WebhookAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly fingerprint: string;
}

export interface WebhookPayload {
  readonly groupKey: string;
  readonly notification_reason: string;
  readonly alerts: readonly WebhookAlert[];
}

export interface Accepted {
  readonly key: string;
  readonly payload: WebhookPayload;
  readonly text: string;
}

export class WebhookReceiver {
  /** In order of first arrival, one per key. */
  readonly accepted: Accepted[] = [];
  readonly violations: string[] = [];
  /** By fingerprint: when the firing it believes in began. */
  readonly firing = new Map<string, string>();
  readonly #byKey = new Map<string, string>();
  /** Deliveries of a key it knew already. */
  repeats = 0;

  accept(key: string, body: Uint8Array): void {
    const text = new TextDecoder().decode(body);
    const before = this.#byKey.get(key);
    if (before !== undefined) {
      this.repeats += 1;
      if (before !== text) this.violations.push(`key ${key} came with two different bodies`);
      return;
    }
    this.#byKey.set(key, text);
    const payload = JSON.parse(text) as WebhookPayload;
    this.accepted.push({ key, payload, text });
    this.#judge(payload);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  #judge(payload: WebhookPayload): void {
    let news = 0;
    for (const alert of payload.alerts) {
      const believed = this.firing.get(alert.fingerprint);
      if (alert.status === 'firing') {
        if (believed !== alert.startsAt) news += 1;
        this.firing.set(alert.fingerprint, alert.startsAt);
      } else if (believed !== undefined) {
        news += 1;
        this.firing.delete(alert.fingerprint);
      } else {
        this.violations.push(`${alert.fingerprint} resolved, but its firing was never told`);
      }
    }
    if (news === 0 && payload.notification_reason !== 'repeat interval elapsed') {
      this.violations.push(`${payload.groupKey} was told twice: ${payload.notification_reason}`);
    }
  }
}
