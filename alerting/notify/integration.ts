/** An integration: one endpoint of a receiver, with a name that is stable over restarts. */
import type { ReceiverConfig, WebhookConfig } from '#alerting/receivers-config.ts';

export interface Integration {
  /** `receiver/webhook[0]`. */
  readonly id: string;
  readonly receiver: string;
  readonly webhook: WebhookConfig;
}

/** By receiver; a receiver without endpoints has an empty list. */
export function integrationsByReceiver(
  receivers: readonly ReceiverConfig[],
): ReadonlyMap<string, readonly Integration[]> {
  return new Map(
    receivers.map(({ name, webhooks }) => [
      name,
      webhooks.map((webhook, index) => ({ id: `${name}/webhook[${index}]`, receiver: name, webhook })),
    ]),
  );
}
