/**
 * Tells one Alertmanager. Stepped once a tick; a step starts at most one round
 * of requests and never waits for it, so an Alertmanager that hangs delays
 * neither the judging nor the others.
 */
import type { AlertmanagerTarget } from '#alerting/alertmanagers/config.ts';
import { firingBody, resolvedBody, type PostableAlert } from '#alerting/alertmanagers/body.ts';
import { keyOf, whatToTell, type TellableAlert, type Telling } from '#alerting/alertmanagers/core/tell.ts';
import { countAttemptsFromZero } from '#alerting/driver/metrics.ts';
import { BY_PLIMSOLL, type DriverParts } from '#alerting/driver/parts.ts';
import { linkedAnnotations, sloUrl } from '#alerting/notify/links.ts';
import type { StoredAlert } from '#alerting/router/core/model.ts';
import type { Labels } from '#signals/matchers.ts';
import { accessRefusal, tlsFailure } from '#base/access.ts';
import { errorText } from '#base/errors.ts';
import type { NetTls } from '#base/net.ts';
import { readTls } from '#base/real/tls-files.ts';
import { retryDelayMs, verdictOf, type Verdict } from '#base/http-retry.ts';

/** As Prometheus does: what fires is told again this often, and at once when something changes. */
export const RESEND_MS = 60_000;
/** Alerts in one request, as Prometheus has it. */
const BATCH_MAX = 256;
/** Of an answer only the status and Retry-After count, and some words for the log. */
const RESPONSE_BYTES_MAX = 4096;
const TEXT_CHARS_MAX = 200;
/** A telling is small, and an Alertmanager that comes back knows nothing: it is not left to wait. */
const RETRY_MS_MAX = 5000;
/**
 * How often a round halves what was refused, to learn which alerts it was about: enough for
 * four bad ones of a full batch, and an end where everything is refused.
 */
const HALVINGS_MAX = 32;

export class AlertmanagerSender {
  readonly #parts: DriverParts;
  readonly #target: AlertmanagerTarget;
  readonly #externalLabels: Labels;
  readonly #tls: NetTls | undefined;
  readonly #closing = new AbortController();
  /** What it has taken of what fires, by {@link keyOf}. */
  readonly #taken: Set<string>;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** In this round or one since everything was taken: said once. */
  #hasRefused = false;
  /** A telling was begun and did not come to its end. */
  #isOwed = false;
  #round: Promise<void> | undefined;

  /**
   * @param externalLabels added to every alert; its own labels win
   * @throws CodedError `PLIM_CONFIG_INVALID` when a file of `tls_config` cannot be used
   */
  constructor(parts: DriverParts, target: AlertmanagerTarget, externalLabels: Labels) {
    this.#parts = parts;
    this.#target = target;
    this.#externalLabels = externalLabels;
    this.#tls = readTls(target.tls);
    this.#taken = new Set(parts.store.told.of(target.name).map(keyOf));
    countAttemptsFromZero(parts.metrics, this.#receiver);
  }

  /** As metrics call it. */
  get #receiver(): string {
    return `alertmanager/${this.#target.name}`;
  }

  /** Starts a round when there is news or it is time to repeat. */
  step(): void {
    const { steady } = this.#parts;
    if (this.#round !== undefined || this.#closing.signal.aborted || steady.nowMs() < this.#notBeforeMs)
      return;
    const telling = this.#telling();
    const isTime = telling.firing.length > 0 && steady.nowMs() - this.#toldAtMs >= RESEND_MS;
    if (!telling.hasNews && !isTime && !this.#isOwed) return;
    this.#isOwed = true;
    this.#round = this.#tell(telling)
      .catch((error: unknown) => {
        const { metrics, log } = this.#parts;
        metrics.failures.add(1, { step: 'tell-alertmanager' });
        log.error({ error: errorText(error), alertmanager: this.#target.name }, 'alerting: a step failed');
      })
      .finally(() => {
        this.#round = undefined;
      });
  }

  /** Breaks off what is under way; the next start tells it again. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('shutting down'));
    await this.#round;
  }

  #telling(): Telling {
    const { store, clock, externalUrl } = this.#parts;
    const firing = store.alerts.firing().map((alert) => tellable(alert, externalUrl, this.#externalLabels));
    const endOf = ({ fingerprint, incarnation }: TellableAlert): number | undefined => {
      const alert = store.alerts.get(fingerprint);
      return alert?.incarnation === incarnation ? alert.endsAtMs : undefined;
    };
    return whatToTell(firing, store.told.of(this.#target.name), endOf, clock.wallMs());
  }

  async #tell({ resolved, firing }: Telling): Promise<void> {
    const { store, steady } = this.#parts;
    const { name } = this.#target;
    for (const batch of batchesOf(resolved)) {
      if ((await this.#post(batch.map(resolvedBody))) === 'later') return;
      // Whoever refuses that an alert ended has refused that it began, or ends it by its time to live:
      // it must not stand in the way of what fires now.
      store.transaction(() => batch.forEach((alert) => store.told.remove(name, alert)));
      for (const alert of batch) this.#taken.delete(keyOf(alert));
    }
    let refused = 0;
    // What is refused is told again with all that fires: somebody may have mended the Alertmanager.
    const waiting = [...batchesOf(firing)];
    let halvings = 0;
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const answer = await this.#tellFiring(batch);
      if (answer === 'later') return;
      if (answer === 'taken') continue;
      refused += 1;
      if (batch.length === 1 || halvings === HALVINGS_MAX) continue;
      halvings += 1;
      const middle = batch.length >> 1;
      waiting.unshift(batch.slice(0, middle), batch.slice(middle));
    }
    if (refused === 0) this.#hasRefused = false;
    this.#toldAtMs = steady.nowMs();
    this.#isOwed = false;
  }

  async #tellFiring(batch: readonly TellableAlert[]): Promise<'taken' | 'refused' | 'later'> {
    const { store, clock } = this.#parts;
    const { name } = this.#target;
    store.transaction(() => batch.forEach((alert) => store.told.add(name, alert)));
    const answer = await this.#post(batch.map((alert) => firingBody(alert, clock.wallMs(), RESEND_MS)));
    if (answer === 'taken') this.#noteFirst(batch);
    return answer;
  }

  /** `refused`: not these, but it may take others. */
  async #post(alerts: readonly PostableAlert[]): Promise<'taken' | 'refused' | 'later'> {
    const { random, steady, metrics, log } = this.#parts;
    const { verdict, outcome, isRefusedAccess } = await this.#request(JSON.stringify(alerts));
    if (this.#closing.signal.aborted) return 'later';
    metrics.attempts.add(1, { receiver: this.#receiver, outcome: verdict.kind });
    if (verdict.kind === 'delivered') {
      this.#failures = 0;
      return 'taken';
    }
    const fields = { alertmanager: this.#target.name, outcome };
    // A key is mended by somebody who then waits for the page.
    if (verdict.kind === 'refused' && !isRefusedAccess) {
      if (!this.#hasRefused)
        log.error({ ...fields, alerts: alerts.length }, 'an Alertmanager refuses alerts');
      this.#hasRefused = true;
      return 'refused';
    }
    const waitMs = Math.max(
      verdict.kind === 'retry' ? (verdict.afterMs ?? 0) : 0,
      Math.min(RETRY_MS_MAX, retryDelayMs(this.#failures, undefined, random)),
    );
    if (this.#failures === 0) log.error(fields, 'an Alertmanager does not take alerts; trying again');
    this.#failures += 1;
    this.#notBeforeMs = steady.nowMs() + waitMs;
    return 'later';
  }

  async #request(body: string): Promise<Answer> {
    const { net, clock } = this.#parts;
    const { url, authorization, timeoutMs } = this.#target;
    const tls = this.#tls;
    try {
      const response = await net.request({
        method: 'POST',
        url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Plimsoll',
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: new TextEncoder().encode(body),
        timeoutMs,
        responseBytesMax: RESPONSE_BYTES_MAX,
        signal: this.#closing.signal,
        ...(tls === undefined ? {} : { tls }),
      });
      const { status } = response;
      const text = new TextDecoder().decode(response.body).slice(0, TEXT_CHARS_MAX).trim();
      const refused = accessRefusal({ who: url, status, text, keys: 'authorization or basic_auth' });
      return {
        verdict: verdictOf(response, clock.wallMs()),
        outcome: refused?.line ?? String(status),
        isRefusedAccess: refused !== undefined,
      };
    } catch (error) {
      const outcome = tlsFailure(error, url)?.line ?? errorText(error);
      return { verdict: { kind: 'retry', afterMs: undefined }, outcome, isRefusedAccess: false };
    }
  }

  /** Says of each that it was told, once. */
  #noteFirst(alerts: readonly TellableAlert[]): void {
    const { store, clock, metrics } = this.#parts;
    for (const told of alerts) {
      const alert = store.alerts.get(told.fingerprint);
      if (alert === undefined || this.#taken.has(keyOf(told))) continue;
      this.#taken.add(keyOf(told));
      const seconds = Math.max(0, clock.wallMs() - alert.startsAtMs) / 1000;
      metrics.latency.observe(seconds, { receiver: this.#receiver });
      const text = `told the Alertmanager ${this.#target.name}`;
      store.incidents.note(alert.incidentId, {
        atMs: clock.wallMs(),
        kind: 'notified',
        text,
        by: BY_PLIMSOLL,
      });
    }
  }
}

interface Answer {
  readonly verdict: Verdict;
  /** For the log. */
  readonly outcome: string;
  /** It is not about the alerts but about who we are. */
  readonly isRefusedAccess: boolean;
}

function tellable(alert: StoredAlert, externalUrl: string, externalLabels: Labels): TellableAlert {
  const { fingerprint, incarnation, startsAtMs, labels } = alert;
  return {
    fingerprint,
    incarnation,
    startsAtMs,
    labels: { ...externalLabels, ...labels },
    annotations: linkedAnnotations(alert, externalUrl),
    generatorUrl: sloUrl(externalUrl, alert.sloId),
  };
}

function batchesOf<T>(alerts: readonly T[]): readonly (readonly T[])[] {
  const batches: T[][] = [];
  for (let start = 0; start < alerts.length; start += BATCH_MAX)
    batches.push(alerts.slice(start, start + BATCH_MAX));
  return batches;
}
