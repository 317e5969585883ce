/** What a phone would show of a notification (Alertmanager's webhook payload, version 4). Everything in it is a stranger's. */

export interface ReceivedPages {
  readonly pages: readonly unknown[];
}

export interface PhoneAlert {
  readonly key: string;
  readonly status: 'firing' | 'resolved';
  readonly severity: string;
  readonly service: string;
  readonly title: string;
  readonly summary: string;
  readonly suspect: string;
  readonly suspectReason: string;
  /** Undefined when it is no id of ours. */
  readonly incidentId: string | undefined;
  readonly traceId: string | undefined;
}

export interface PhonePage {
  readonly key: string;
  readonly receivedMs: number;
  readonly status: 'firing' | 'resolved';
  readonly reason: string;
  readonly alerts: readonly PhoneAlert[];
  readonly payload: unknown;
}

/** Neither a path nor a query can hide in these. */
const INCIDENT_ID = /^[\w-]{1,64}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** What is no notification is left out; two that came in one millisecond are told apart. */
export function phonePages(answer: ReceivedPages | undefined): readonly PhonePage[] {
  const seen = new Map<number, number>();
  return (answer?.pages ?? []).flatMap((payload) => {
    const page = recordOf(payload);
    const receivedMs = page['receivedMs'];
    if (typeof receivedMs !== 'number' || !Array.isArray(page['alerts'])) return [];
    const before = seen.get(receivedMs) ?? 0;
    seen.set(receivedMs, before + 1);
    const key = `${receivedMs}-${textOf(page, 'groupKey')}-${before}`;
    const alerts = (page['alerts'] as readonly unknown[]).map((alert, index) =>
      phoneAlert(alert, `${key}-${index}`),
    );
    return [
      {
        key,
        receivedMs,
        status: statusOf(page),
        reason: textOf(page, 'notification_reason'),
        alerts,
        payload,
      },
    ];
  });
}

function phoneAlert(value: unknown, key: string): PhoneAlert {
  const alert = recordOf(value);
  const labels = recordOf(alert['labels']);
  const annotations = recordOf(alert['annotations']);
  const ours = recordOf(alert['plimsoll']);
  const incidentId = textOf(ours, 'incident_id');
  const traceId = textOf(annotations, 'trace_id');
  return {
    key,
    status: statusOf(alert),
    severity: textOf(labels, 'severity'),
    service: textOf(labels, 'service'),
    title: textOf(annotations, 'summary') || textOf(labels, 'alertname'),
    summary: textOf(annotations, 'description'),
    suspect: textOf(annotations, 'suspect'),
    suspectReason: textOf(annotations, 'suspect_reason'),
    incidentId: INCIDENT_ID.test(incidentId) ? incidentId : undefined,
    traceId: TRACE_ID.test(traceId) ? traceId : undefined,
  };
}

function statusOf(value: Readonly<Record<string, unknown>>): 'firing' | 'resolved' {
  return value['status'] === 'resolved' ? 'resolved' : 'firing';
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: Readonly<Record<string, unknown>>, name: string): string {
  const text = Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof text === 'string' ? text : '';
}
