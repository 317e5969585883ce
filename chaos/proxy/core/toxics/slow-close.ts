import { integer, numeric, type StreamToxic } from '#chaos/proxy/core/toxics/toxic.ts';

/** Data passes; only the end is `delay` ms late. */
export const slowClose: StreamToxic = {
  type: 'slow_close',
  layer: 'stream',
  attributes: [integer('delay')],
  chunksMax: 1,
  onRemove: 'flush',
  start: (attributes, outlet) => ({
    chunk: ({ data, atMs }) => outlet.emit(data, atMs),
    end: () => outlet.hold(numeric(attributes, 'delay'), () => outlet.passEnd()),
  }),
};
