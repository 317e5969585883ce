/**
 * Jaeger's collector endpoint behind the common door: a `Batch` in the binary
 * protocol, posted to /api/traces. 202 as Jaeger answers, once the spans are
 * durable; a refusal is a line of text, for these clients look at the status only.
 */
import type { Meter } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { answer, plainRefusal } from '#collector/receivers/http/core/answers.ts';
import { judge, type Plan } from '#collector/receivers/http/core/head.ts';
import { itemCounter } from '#collector/receivers/http/door-metrics.ts';
import type { Protocol } from '#collector/receivers/http/door.ts';
import type { JaegerHttpConfig } from '#collector/receivers/jaeger-thrift/config.ts';
import type { JournalWriter } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { decodeHttpBatch } from '#signals/jaeger/decode.ts';

export interface JaegerProtocolOptions {
  readonly config: JaegerHttpConfig;
  readonly journal: Pick<JournalWriter, 'append'>;
  readonly random: Random;
  readonly meter: Meter;
}

type BatchPlan = Plan<'batch', 'binary'>;

const PATHS: ReadonlyMap<string, 'batch'> = new Map([['/api/traces', 'batch']]);
const MEDIA_TYPES: ReadonlyMap<string, 'binary'> = new Map([
  ['application/x-thrift', 'binary'],
  ['application/vnd.apache.thrift.binary', 'binary'],
]);

export function jaegerProtocol({
  config,
  journal,
  random,
  meter,
}: JaegerProtocolOptions): Protocol<BatchPlan> {
  const rules = { paths: PATHS, mediaTypes: MEDIA_TYPES, bodyBytesMax: config.bodyBytesMax };
  const count = itemCounter(meter, 'jaeger', 'http');
  return {
    receiver: 'jaeger',
    judge: (head) => judge(head, rules),
    async keep(_plan, bytes) {
      const { body, spans: items, rejected } = decodeHttpBatch(bytes);
      if (items > 0) await journal.append({ kind: 'otlp-traces', tenant: DEFAULT_TENANT, items, body });
      count('traces', items, rejected);
      return answer(202, 'text/plain; charset=utf-8', new Uint8Array(0));
    },
    refuse: (refusal) => plainRefusal(refusal, random),
  };
}
