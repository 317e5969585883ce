/** A delivery in words. */
import type { Delivery } from '#dashboards/console/web/data/own-api.ts';

export interface DeliveryLook {
  readonly mark: 'ok' | 'burning' | 'ticket' | 'idle' | 'catching-up';
  readonly word: string;
}

export function deliveryLook(state: Delivery['state'], attempts: number): DeliveryLook {
  switch (state) {
    case 'delivered':
      return { mark: 'ok', word: 'delivered' };
    case 'waiting':
      return attempts === 0
        ? { mark: 'catching-up', word: 'on its way' }
        : { mark: 'ticket', word: 'trying again' };
    case 'superseded':
      return { mark: 'idle', word: 'overtaken by a newer one' };
    case 'failed':
      return { mark: 'burning', word: 'refused' };
    case 'expired':
      return { mark: 'burning', word: 'given up' };
    default:
      return state satisfies never;
  }
}

/** More attempts than are listed are counted. */
export function attemptsText(attempts: number): string {
  return attempts <= 1 ? '' : `${attempts} attempts`;
}

/** `{}:{service="gateway", slo_id="gateway/availability"}` → `gateway/availability`. */
export function groupText(groupKey: string): string {
  const slo = /\bslo_id="([^"\\]+)"/.exec(groupKey)?.[1];
  if (slo !== undefined) return slo;
  const labels = groupKey.slice(groupKey.lastIndexOf(':{') + 1);
  return labels === '{}' || labels === '' ? 'all alerts' : labels;
}
