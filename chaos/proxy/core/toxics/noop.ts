import type { Outlet, RunningToxic, StreamToxic } from '#chaos/proxy/core/toxics/toxic.ts';

/** Does nothing; what runs where toxicity was not drawn. */
export const noop: StreamToxic = {
  type: 'noop',
  layer: 'stream',
  attributes: [],
  chunksMax: 1,
  onRemove: 'flush',
  start: (_attributes, outlet) => passing(outlet),
};

/** Everything passes as it came. */
export function passing(outlet: Outlet): RunningToxic {
  return {
    chunk: ({ data, atMs }) => outlet.emit(data, atMs),
    end: () => outlet.passEnd(),
  };
}
