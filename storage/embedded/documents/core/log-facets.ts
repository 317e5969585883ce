/**
 * Which values log records have, and how often: of the service, the severity,
 * and attributes that have few different ones. Memory is bounded whatever
 * attributes are sent.
 */
import { parseJson } from '#signals/json.ts';
import { severityRange } from '#signals/severity.ts';
import type { LogFacet, LogFacets } from '#storage/ports.ts';
import { attributesFromJson } from '#storage/embedded/documents/core/attribute-text.ts';
import { valueAsText } from '#signals/value-text.ts';

/** Keys that are shown; more fit no screen. */
export const FACET_KEYS_MAX = 12;
/** A key with more different values is an id or a measurement: its counts say nothing. */
export const DISTINCT_VALUES_MAX = 100;
/** Keys that are counted at all; later ones are left out. */
export const COUNTED_KEYS_MAX = 1000;
/** Nobody chooses by a longer value; it counts as another one. */
export const VALUE_CHARS_MAX = 200;

/** It is the facet `service` already. */
const SERVICE_KEY = 'service.name';

export interface FacetRecord {
  readonly service: string;
  readonly severityNumber: number;
  /** Stored text of its own attributes. */
  readonly attributes: string;
  /** Stored text of those of its resource; many records share one. */
  readonly resource: string;
}

class Counts {
  readonly values = new Map<string, number>();
  records = 0;
  /** Whether some record has it of its own, not by its resource. */
  own = false;
  tooMany = false;

  /** @param value undefined when it cannot be chosen by */
  add(value: string | undefined): void {
    this.records += 1;
    if (value === undefined || this.tooMany) return;
    this.values.set(value, (this.values.get(value) ?? 0) + 1);
    if (this.values.size > DISTINCT_VALUES_MAX) {
      this.tooMany = true;
      this.values.clear();
    }
  }
}

type Pairs = ReadonlyMap<string, string | undefined>;

export class FacetCounter {
  readonly #service = new Counts();
  readonly #severity = new Counts();
  readonly #attributes = new Map<string, Counts>();
  readonly #resources = new Map<string, Pairs>();

  add({ service, severityNumber, attributes, resource }: FacetRecord): void {
    this.#severity.add(severityRange(severityNumber));
    this.#service.records += 1;
    // Services are few, and each must be found here however many there are.
    this.#service.values.set(service, (this.#service.values.get(service) ?? 0) + 1);
    const own = pairsOf(attributes);
    for (const [key, value] of own) this.#count(key, value, true);
    for (const [key, value] of this.#resource(resource)) {
      if (!own.has(key)) this.#count(key, value, false);
    }
  }

  /** @param valuesMax of each facet */
  result(valuesMax: number): LogFacets {
    const scanned = this.#severity.records;
    if (scanned === 0) return { scanned, facets: [] };
    const attributes = [...this.#attributes]
      .filter(([, counts]) => tells(counts))
      .toSorted(
        ([aKey, a], [bKey, b]) =>
          Number(b.own) - Number(a.own) || b.records - a.records || (aKey < bKey ? -1 : 1),
      )
      .slice(0, FACET_KEYS_MAX)
      .map(([key, counts]) => facetOf(`attr.${key}`, counts, valuesMax));
    return {
      scanned,
      facets: [
        facetOf('service', this.#service, valuesMax),
        facetOf('severity', this.#severity, valuesMax),
        ...attributes,
      ],
    };
  }

  #count(key: string, value: string | undefined, own: boolean): void {
    let counts = this.#attributes.get(key);
    if (counts === undefined) {
      if (this.#attributes.size >= COUNTED_KEYS_MAX) return;
      counts = new Counts();
      this.#attributes.set(key, counts);
    }
    counts.own ||= own;
    counts.add(value);
  }

  #resource(text: string): Pairs {
    let pairs = this.#resources.get(text);
    if (pairs === undefined) {
      pairs = pairsOf(text);
      this.#resources.set(text, pairs);
    }
    return pairs;
  }
}

/** A value that all have by their resource is the same everywhere: nothing can be chosen by it. */
function tells({ own, values }: Counts): boolean {
  return values.size >= (own ? 1 : 2);
}

/** Of a key that stands twice the first value counts. */
function pairsOf(text: string): Pairs {
  const pairs = new Map<string, string | undefined>();
  if (text === '{}') return pairs;
  for (const { key, value } of attributesFromJson(parseJson(text))) {
    if (key === SERVICE_KEY || pairs.has(key)) continue;
    // As a search compares them; lists and maps are not found by value.
    const found = value.kind === 'array' || value.kind === 'map' ? undefined : valueAsText(value);
    pairs.set(key, found === undefined || found.length > VALUE_CHARS_MAX ? undefined : found);
  }
  return pairs;
}

function facetOf(key: LogFacet['key'], counts: Counts, valuesMax: number): LogFacet {
  const values = [...counts.values]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, valuesMax);
  const listed = values.reduce((sum, { count }) => sum + count, 0);
  return { key, values, otherCount: counts.records - listed };
}
