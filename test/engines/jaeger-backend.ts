/** A real Jaeger as a backend of the traces contract: our OTLP exporter writes, our reader reads. */
import assert from 'node:assert/strict';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemNet } from '#base/real/net.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { createOtlpHttpExporter } from '#collector/exporters/otlphttp/exporter.ts';
import type { Exporter } from '#collector/exporters/ports.ts';
import type { OtlpSignal } from '#signals/otlp/response.ts';
import { JaegerReader } from '#storage/jaeger/reader.ts';
import type { TraceBackend } from '#test/contract/traces.ts';
import { isMissing, type Missing } from '#test/engines/engine.ts';
import { startJaeger } from '#test/engines/jaeger.ts';
import { exportAll } from '#test/engines/metrics-backend.ts';
import { journalRecord } from '#test/support/journal-records.ts';

export function otlpExporter(
  url: string,
  signals: readonly OtlpSignal[] = ['traces'],
  compresses = true,
): Exporter {
  const urls = Object.fromEntries(signals.map((signal) => [signal, `${url}/v1/${signal}`]));
  return createOtlpHttpExporter({
    config: { common: COMMON_DEFAULT, urls, compresses, requestBytesMax: 4 * 2 ** 20 },
    net: systemNet,
    clock: systemClock,
    log: silentLogger,
  });
}

export function jaegerReader(url: string): JaegerReader {
  return new JaegerReader({ net: systemNet, url, headers: {}, timeoutMs: 30_000, tls: undefined });
}

export async function jaegerBackend(): Promise<TraceBackend | Missing> {
  const engine = await startJaeger();
  if (isMissing(engine)) return engine;
  const exporter = otlpExporter(engine.otlpHttp);
  let sequence = 0;
  return {
    reader: jaegerReader(engine.url),
    async write(records) {
      const batch = records.map(({ kind, items, body }) => {
        sequence += 1;
        return journalRecord(sequence, kind, items, body);
      });
      assert.deepEqual(await exportAll(exporter, batch), { refused: [] });
    },
    flush: async () => {},
    async restart() {
      await engine.stop();
      await engine.start();
    },
    async [Symbol.asyncDispose]() {
      await exporter[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}
