/**
 * Labels of the series of data points, by the bytes they are made of. Services
 * report the same series again and again: most are made once, and whoever gets
 * them can tell by the object that it is a series seen before.
 */
import type { Labels } from '#signals/matchers.ts';

/**
 * Some 20,000 series of ten labels. Those for which there is no room are made anew
 * each time: to learn what is soon forgotten would take twice as long.
 */
const BYTES_REMEMBERED_MAX = 32 * 2 ** 20;
/** So many for which there was no room, and all are forgotten: the known ones may have ended long ago. */
const REFUSED_MAX = 200_000;
/** Of a label in an object, its texts aside. */
const LABEL_BYTES = 50;
/** Of whatever is remembered, beside its key and its labels. */
const ENTRY_BYTES = 200;

/** What the points of one scope of one resource have in common. */
export interface Enclosure {
  readonly labels: Labels;
}

/** Of a data point, of which a histogram makes several series. */
export interface PointLabels {
  readonly family: string;
  /** Without the name, and without `le` or `quantile`. */
  readonly base: Labels;
  readonly series: Map<string, Labels>;
}

export class LabelMemo {
  readonly #resources = new Map<string, number>();
  readonly #enclosures = new Map<string, Enclosure>();
  /** By family, by the bytes of their attributes. Not in the enclosure: whoever holds one would hold them. */
  readonly #points = new Map<Enclosure, Map<string, Map<string, PointLabels>>>();
  #lastResource = 0;
  #bytes = 0;
  #refused = 0;

  /**
   * A number that stands for it: its key may be long.
   *
   * @param key the same for the same resource, and only for it
   */
  resource(key: string): number {
    let resource = this.#resources.get(key);
    if (resource === undefined) {
      resource = this.#lastResource += 1;
      if (this.#hasRoom(key.length)) this.#resources.set(key, resource);
    }
    return resource;
  }

  /** @param scope the same for the same scope, and only for it */
  enclosure(resource: number, scope: string, make: () => Labels): Enclosure {
    const key = `${resource} ${scope}`;
    let enclosure = this.#enclosures.get(key);
    if (enclosure === undefined) {
      enclosure = { labels: make() };
      if (this.#hasRoom(key.length, enclosure.labels)) this.#enclosures.set(key, enclosure);
    }
    return enclosure;
  }

  /** @param key the same for the same attributes, and only for them */
  point(enclosure: Enclosure, family: string, key: string, make: () => Labels): PointLabels {
    let point = this.#points.get(enclosure)?.get(family)?.get(key);
    if (point === undefined) {
      point = { family, base: make(), series: new Map() };
      if (this.#hasRoom(family.length + key.length, point.base))
        this.#familyOf(enclosure, family).set(key, point);
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
      if (this.#hasRoom(point.family.length + key.length, labels)) point.series.set(key, labels);
    }
    return labels;
  }

  #familyOf(enclosure: Enclosure, family: string): Map<string, PointLabels> {
    let families = this.#points.get(enclosure);
    if (families === undefined) {
      families = new Map();
      this.#points.set(enclosure, families);
    }
    let points = families.get(family);
    if (points === undefined) {
      points = new Map();
      families.set(family, points);
    }
    return points;
  }

  /** False: an entry with a key so long is not to be remembered. */
  #hasRoom(chars: number, labels: Labels = {}): boolean {
    const bytes = ENTRY_BYTES + chars + LABEL_BYTES * Object.keys(labels).length;
    if (this.#bytes + bytes <= BYTES_REMEMBERED_MAX) {
      this.#bytes += bytes;
      return true;
    }
    this.#refused += 1;
    if (this.#refused >= REFUSED_MAX) this.#forget();
    return false;
  }

  #forget(): void {
    this.#resources.clear();
    this.#enclosures.clear();
    this.#points.clear();
    this.#bytes = 0;
    this.#refused = 0;
  }
}
