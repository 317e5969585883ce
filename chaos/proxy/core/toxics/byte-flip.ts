import {
  numeric,
  type Attributes,
  type Outlet,
  type RunningToxic,
  type StreamToxic,
} from '#chaos/proxy/core/toxics/toxic.ts';

/**
 * Not upstream's: flips one bit in each byte with `probability`, as a bad cable
 * or memory does. The same seed and the same bytes give the same damage.
 */
export const byteFlip: StreamToxic = {
  type: 'byte_flip',
  layer: 'stream',
  attributes: [{ name: 'probability', kind: 'number', otherwise: 0 }],
  chunksMax: 1,
  onRemove: 'flush',
  check(attributes) {
    const probability = numeric(attributes, 'probability');
    if (probability >= 0 && probability <= 1) return undefined;
    return `attributes.probability must be between 0 and 1, got ${probability}`;
  },
  start,
};

function start(attributes: Attributes, outlet: Outlet): RunningToxic {
  const probability = numeric(attributes, 'probability');
  /** Bytes that pass before the next damaged one. */
  let untouched = gap(probability, outlet);

  return {
    chunk({ data, atMs }) {
      if (untouched >= data.length) {
        untouched -= data.length;
        return outlet.emit(data, atMs);
      }
      const damaged = data.slice();
      let at = untouched;
      for (; at < damaged.length; at += 1 + gap(probability, outlet)) {
        damaged[at] = (damaged[at] ?? 0) ^ (1 << outlet.random.below(8));
      }
      untouched = at - damaged.length;
      outlet.emit(damaged, atMs);
    },
    end: () => outlet.passEnd(),
  };
}

/** Drawn from the geometric distribution: a draw a hit is cheaper than a draw a byte. */
function gap(probability: number, outlet: Outlet): number {
  if (probability <= 0) return Number.POSITIVE_INFINITY;
  if (probability >= 1) return 0;
  return Math.floor(Math.log1p(-outlet.random.float()) / Math.log1p(-probability));
}
