/**
 * Tells one Alertmanager. Stepped once a tick; a step starts at most one round
 * of requests and never waits for it, so an Alertmanager that hangs delays
 * neither the judging nor the others.
 */
import type { AlertmanagerTarget } from '#alerting/alertmanagers/config.ts';
import { firingBody, resolvedBody, type PostableAlert } from '#alerting/alertmanagers/body.ts';
import { inParts, type Taken } from '#alerting/alertmanagers/core/in-parts.ts';
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
import { RETRY_DELAY_MS_MAX, retryDelayMs, verdictOf, type Verdict } from '#base/http-retry.ts';

/** As Prometheus does: what fires is told again this often, and at once when something changes. */
export const RESEND_MS = 60_000;
/** Of an answer only the status and Retry-After count, and some words for the log. */
const RESPONSE_BYTES_MAX = 4096;
const TEXT_CHARS_MAX = 200;
/** A telling is small, and an Alertmanager that comes back knows nothing: it is not left to wait. */
const RETRY_MS_MAX = 5000;
/** What is wrong with the alerts of a request, or with how many they are. */
const ABOUT_ALERTS: ReadonlySet<number> = new Set([400, 413, 422]);
/** Of refused alerts, how many are told again at each repetition, by themselves. */
const REFUSED_AGAIN_MAX = 16;

export class AlertmanagerSender {
  readonly #parts: DriverParts;
  readonly #target: AlertmanagerTarget;
  readonly #externalLabels: Labels;
  readonly #tls: NetTls | undefined;
  readonly #closing = new AbortController();
  /** What it would not take though it was alone, by {@link keyOf}; the one that waited longest first. */
  readonly #refused = new Set<string>();
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** What it said to the last refusal, for the log. */
  #refusal = '';
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
    const { steady } = this.#parts;
    // The rest of the ends at the next step: what fires again must not be told before it ended.
    if ((await this.#tellEnds(resolved)) !== 'all') return;
    const current = new Set(firing.map(keyOf));
    for (const key of this.#refused) if (!current.has(key)) this.#refused.delete(key);
    const again = new Set([...this.#refused].slice(0, REFUSED_AGAIN_MAX));
    const begun = await inParts(
      firing.filter((alert) => !this.#refused.has(keyOf(alert))),
      { post: (batch) => this.#tellFiring(batch), onRefused: (alert) => this.#refuse(alert) },
    );
    if (begun === 'later') return;
    // Somebody may have mended the Alertmanager.
    if (steady.nowMs() - this.#toldAtMs >= RESEND_MS)
      for (const alert of firing.filter((one) => again.has(keyOf(one))))
        if ((await this.#tellAgain(alert)) === 'later') return;
    this.#isOwed = begun === 'part';
    if (begun === 'all') this.#toldAtMs = steady.nowMs();
  }

  /**
   * Whoever refuses that an alert ended has refused that it began, or ends it by its time to
   * live: it must not stand in the way of what fires now.
   */
  #tellEnds(resolved: Telling['resolved']): Promise<'all' | 'part' | 'later'> {
    const { store } = this.#parts;
    const over = (alerts: Telling['resolved']): void =>
      store.transaction(() => alerts.forEach((alert) => store.told.remove(this.#target.name, alert)));
    over(resolved.filter((alert) => this.#refused.has(keyOf(alert))));
    return inParts(
      resolved.filter((alert) => !this.#refused.has(keyOf(alert))),
      {
        post: async (batch) => {
          const answer = await this.#post(batch.map(resolvedBody));
          if (answer === 'taken') over(batch);
          return answer;
        },
        onRefused: (alert) => over([alert]),
      },
    );
  }

  async #tellAgain(alert: TellableAlert): Promise<Taken> {
    const answer = await this.#tellFiring([alert]);
    this.#refused.delete(keyOf(alert));
    if (answer !== 'taken') this.#refused.add(keyOf(alert));
    return answer;
  }

  #refuse(alert: TellableAlert): void {
    const { log } = this.#parts;
    const { labels } = alert;
    const fields = { alertmanager: this.#target.name, outcome: this.#refusal, labels };
    log.error(fields, 'an Alertmanager refuses an alert; it is told of it again every minute');
    this.#refused.add(keyOf(alert));
  }

  async #tellFiring(batch: readonly TellableAlert[]): Promise<Taken> {
    const { store, clock } = this.#parts;
    const { name } = this.#target;
    store.transaction(() => batch.forEach((alert) => store.told.add(name, alert)));
    const answer = await this.#post(batch.map((alert) => firingBody(alert, clock.wallMs(), RESEND_MS)));
    if (answer === 'taken') this.#noteFirst(batch);
    return answer;
  }

  async #post(alerts: readonly PostableAlert[]): Promise<Taken> {
    const { random, steady, metrics, log } = this.#parts;
    const { verdict, outcome, isRefusedAccess, isAboutAlerts } = await this.#request(JSON.stringify(alerts));
    if (this.#closing.signal.aborted) return 'later';
    metrics.attempts.add(1, { receiver: this.#receiver, outcome: verdict.kind });
    if (verdict.kind === 'delivered') {
      this.#failures = 0;
      return 'taken';
    }
    if (isAboutAlerts) {
      this.#failures = 0;
      this.#refusal = outcome;
      return 'refused';
    }
    // What is not about alerts will not change by itself; a key is mended by somebody who waits for the page.
    const waitMs =
      verdict.kind === 'refused' && !isRefusedAccess
        ? RETRY_DELAY_MS_MAX
        : Math.max(
            verdict.kind === 'retry' ? (verdict.afterMs ?? 0) : 0,
            Math.min(RETRY_MS_MAX, retryDelayMs(this.#failures, undefined, random)),
          );
    if (this.#failures === 0) {
      const fields = { alertmanager: this.#target.name, outcome };
      log.error(fields, 'an Alertmanager does not take alerts; trying again');
    }
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
        isAboutAlerts: ABOUT_ALERTS.has(status),
      };
    } catch (error) {
      const outcome = tlsFailure(error, url)?.line ?? errorText(error);
      return {
        verdict: { kind: 'retry', afterMs: undefined },
        outcome,
        isRefusedAccess: false,
        isAboutAlerts: false,
      };
    }
  }

  /** Says of each that it was told, once. */
  #noteFirst(alerts: readonly TellableAlert[]): void {
    const { store } = this.#parts;
    store.transaction(() => {
      for (const told of alerts) if (store.told.take(this.#target.name, told)) this.#note(told);
    });
  }

  #note({ fingerprint }: TellableAlert): void {
    const { store, clock, metrics } = this.#parts;
    const alert = store.alerts.get(fingerprint);
    if (alert === undefined) return;
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

interface Answer {
  readonly verdict: Verdict;
  /** For the log. */
  readonly outcome: string;
  /** It is not about the alerts but about who we are. */
  readonly isRefusedAccess: boolean;
  /** It may take others. */
  readonly isAboutAlerts: boolean;
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
