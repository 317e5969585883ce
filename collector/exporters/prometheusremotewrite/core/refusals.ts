/** Samples a server refused, with a reason each; some may turn out to be there. Pure. */
import type { OutSample, OutSeries } from '#collector/exporters/prometheusremotewrite/core/batch.ts';
import { isAboutTime, type RefusalReason } from '#collector/exporters/prometheusremotewrite/core/answers.ts';
import type { Chunk } from '#collector/exporters/prometheusremotewrite/core/chunks.ts';

export interface Refusal {
  readonly reason: RefusalReason;
  /** What the server said. */
  readonly detail: string;
}

export interface SampleOfSeries {
  readonly series: OutSeries;
  readonly sample: OutSample;
}

/** Of these samples at most so many were refused; which, the server did not say. */
interface Group {
  readonly samples: readonly SampleOfSeries[];
  readonly refusal: Refusal;
  readonly isDoubtful: boolean;
  readonly atMost: number;
}

export class Refusals {
  readonly #groups: Group[] = [];
  readonly #stored = new Set<OutSample>();

  /** @param doubt `mayBeStored`: a request before this one may have brought them */
  add(
    chunk: Chunk,
    refusal: Refusal,
    doubt: { readonly mayBeStored: boolean; readonly atMost: number },
  ): void {
    const samples = chunk.slices.flatMap(({ series, from, to }) =>
      series.samples.slice(from, to).map((sample) => ({ series, sample })),
    );
    const isPart = doubt.atMost < samples.length;
    const isDoubtful = isPart || (doubt.mayBeStored && isAboutTime(refusal.reason));
    this.#groups.push({ samples, refusal, isDoubtful, atMost: doubt.atMost });
  }

  /** Those that may be there all the same. */
  doubtful(): SampleOfSeries[] {
    return this.#groups.filter(({ isDoubtful }) => isDoubtful).flatMap(({ samples }) => samples);
  }

  /** It is there. */
  forget(sample: OutSample): void {
    this.#stored.add(sample);
  }

  all(): { readonly sample: OutSample; readonly refusal: Refusal }[] {
    return this.#groups.flatMap(({ samples, refusal, atMost }) =>
      samples
        .map(({ sample }) => sample)
        .filter((sample) => !this.#stored.has(sample))
        .slice(0, atMost)
        .map((sample) => ({ sample, refusal })),
    );
  }
}
