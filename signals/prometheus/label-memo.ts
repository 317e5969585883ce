/**
 * Labels of the series of data points, by the bytes they are made of. Services
 * report the same series again and again: most are made once, and whoever gets
 * them can tell by the object that it is a series seen before.
 */
import type { Labels } from '#signals/matchers.ts';

/** Each takes about a kilobyte. Beyond, all are forgotten and learnt again. */
export const SERIES_REMEMBERED_MAX = 20_000;

/** What the points of one scope of one resource have in common. */
export interface Enclosure {
  readonly labels: Labels;
  /** By the bytes of their attributes, by family. */
  readonly families: Map<string, Map<string, PointLabels>>;
}

/** Of a data point, of which a histogram makes several series. */
export interface PointLabels {
  readonly family: string;
  /** Without the name, and without `le` or `quantile`. */
  readonly base: Labels;
  readonly series: Map<string, Labels>;
}

export class LabelMemo {
  readonly #enclosures = new Map<string, Enclosure>();
  #remembered = 0;

  /** @param key the same for the same resource and scope, and only for them */
  enclosure(key: string, make: () => Labels): Enclosure {
    let enclosure = this.#enclosures.get(key);
    if (enclosure === undefined) {
      enclosure = { labels: make(), families: new Map() };
      this.#makeRoom();
      this.#enclosures.set(key, enclosure);
    }
    return enclosure;
  }

  /** @param key the same for the same attributes, and only for them */
  point({ families }: Enclosure, family: string, key: string, make: () => Labels): PointLabels {
    let points = families.get(family);
    if (points === undefined) {
      points = new Map();
      families.set(family, points);
    }
    let point = points.get(key);
    if (point === undefined) {
      point = { family, base: make(), series: new Map() };
      points.set(key, point);
    }
    return point;
  }

  /** @param label `le` or `quantile`, with its value */
  series(
    point: PointLabels,
    suffix: string,
    label: readonly [name: string, value: string] | undefined,
  ): Labels {
    const key = label === undefined ? suffix : `${suffix}=${label[1]}`;
    let labels = point.series.get(key);
    if (labels === undefined) {
      const own: Record<string, string> = { __name__: `${point.family}${suffix}` };
      if (label !== undefined) own[label[0]] = label[1];
      labels = { ...point.base, ...own };
      this.#makeRoom();
      point.series.set(key, labels);
    }
    return labels;
  }

  #makeRoom(): void {
    this.#remembered += 1;
    if (this.#remembered <= SERIES_REMEMBERED_MAX) return;
    this.#enclosures.clear();
    this.#remembered = 1;
  }
}
