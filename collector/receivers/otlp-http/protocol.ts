/** OTLP over HTTP behind the common door: which paths, how a body is kept, what is answered. */
import type { Meter } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import type { Protocol } from '#collector/receivers/http/door.ts';
import { itemCounter } from '#collector/receivers/http/door-metrics.ts';
import { judge, type Plan } from '#collector/receivers/http/core/head.ts';
import type { OtlpHttpConfig } from '#collector/config.ts';
import {
  acceptedAnswer,
  encodingOf,
  otlpRules,
  refusalAnswer,
} from '#collector/receivers/otlp-http/core/answers.ts';
import type { JournalWriter } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { admitLogs, admitMetrics, admitTraces, type Admitted } from '#signals/otlp/admit.ts';
import { translateLogsJson, translateMetricsJson, translateTracesJson } from '#signals/otlp/json.ts';
import type { OtlpEncoding, OtlpSignal } from '#signals/otlp/response.ts';
import type { RecordKind } from '#signals/records.ts';

export interface OtlpProtocolOptions {
  readonly config: OtlpHttpConfig;
  readonly journal: Pick<JournalWriter, 'append'>;
  readonly random: Random;
  readonly meter: Meter;
  /** Of everything that comes in here; default {@link DEFAULT_TENANT}. */
  readonly tenant?: string;
}

interface SignalRules {
  readonly kind: RecordKind;
  readonly fromJson: (text: Uint8Array) => Uint8Array;
  readonly admit: (body: Uint8Array) => Admitted;
}

const SIGNALS: Readonly<Record<OtlpSignal, SignalRules>> = {
  traces: { kind: 'otlp-traces', fromJson: translateTracesJson, admit: admitTraces },
  metrics: { kind: 'otlp-metrics', fromJson: translateMetricsJson, admit: admitMetrics },
  logs: { kind: 'otlp-logs', fromJson: translateLogsJson, admit: admitLogs },
};

export function otlpProtocol(options: OtlpProtocolOptions): Protocol<Plan<OtlpSignal, OtlpEncoding>> {
  const { config, random, journal } = options;
  const rules = otlpRules(pathsOf(config), config.bodyBytesMax);
  const count = itemCounter(options.meter, 'otlp', 'http');
  return {
    receiver: 'otlp',
    judge: (head) => judge(head, rules),
    async keep({ route: signal, media: encoding }, bytes) {
      const { kind, fromJson, admit } = SIGNALS[signal];
      const { body, items, rejected, message } = admit(encoding === 'json' ? fromJson(bytes) : bytes);
      const tenant = options.tenant ?? DEFAULT_TENANT;
      // 200 goes out only after the journal says the record is durable.
      if (items > 0) await journal.append({ kind, tenant, items, body });
      count(signal, items, rejected);
      return acceptedAnswer({ signal, encoding, rejected, message });
    },
    refuse: (refusal, head) => refusalAnswer(refusal, encodingOf(head?.contentType), random),
  };
}

function pathsOf(config: OtlpHttpConfig): ReadonlyMap<string, OtlpSignal> {
  return new Map([
    [config.tracesPath, 'traces'],
    [config.metricsPath, 'metrics'],
    [config.logsPath, 'logs'],
  ]);
}
