/** The last failing traces of one SLO, as evidence: ids copied out of the record, no object a span. */
import type { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';

/** More than a person opens; a few hundred bytes an SLO. */
export const FAILING_TRACES_MAX = 20;
const ID_BYTES = 16;

export class FailingTraces {
  readonly #ids = new Uint8Array(FAILING_TRACES_MAX * ID_BYTES);
  readonly #timesMs = new Float64Array(FAILING_TRACES_MAX);
  #count = 0;

  add(timeMs: number, body: Uint8Array, offset: number): void {
    const slot = this.#count % FAILING_TRACES_MAX;
    for (let index = 0; index < ID_BYTES; index += 1) {
      this.#ids[slot * ID_BYTES + index] = body[offset + index] ?? 0;
    }
    this.#timesMs[slot] = timeMs;
    this.#count += 1;
  }

  /** Ids of those since `sinceMs`, each once, newest last. */
  since(sinceMs: number): readonly string[] {
    const found = new Set<string>();
    for (let number = Math.max(0, this.#count - FAILING_TRACES_MAX); number < this.#count; number += 1) {
      const slot = number % FAILING_TRACES_MAX;
      if ((this.#timesMs[slot] ?? 0) < sinceMs) continue;
      const bytes = this.#ids.subarray(slot * ID_BYTES, (slot + 1) * ID_BYTES);
      found.add(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
    }
    return [...found];
  }

  write(out: ByteWriter): void {
    const kept = Math.min(this.#count, FAILING_TRACES_MAX);
    out.uint(kept);
    for (let number = this.#count - kept; number < this.#count; number += 1) {
      const slot = number % FAILING_TRACES_MAX;
      out.double(this.#timesMs[slot] ?? 0);
      out.raw(this.#ids.subarray(slot * ID_BYTES, (slot + 1) * ID_BYTES));
    }
  }

  read(input: ByteReader): void {
    this.#count = 0;
    for (let left = input.uint(); left > 0; left -= 1) {
      const timeMs = input.double();
      this.add(timeMs, input.raw(ID_BYTES), 0);
    }
  }
}
