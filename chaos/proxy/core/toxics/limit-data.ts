import { integer, numeric, type StreamToxic } from '#chaos/proxy/core/toxics/toxic.ts';

/** Lets the first `bytes` bytes of a connection through, then closes it. */
export const limitData: StreamToxic = {
  type: 'limit_data',
  layer: 'stream',
  attributes: [integer('bytes')],
  chunksMax: 1,
  onRemove: 'flush',
  start(attributes, outlet) {
    const bytesMax = numeric(attributes, 'bytes');
    return {
      chunk({ data, atMs }) {
        const left = Math.max(0, bytesMax - outlet.memory.passedBytes);
        const passed = data.subarray(0, left);
        if (passed.length > 0) outlet.emit(passed, atMs);
        outlet.memory.passedBytes += passed.length;
        if (outlet.memory.passedBytes >= bytesMax) outlet.close('close');
      },
      end: () => outlet.passEnd(),
    };
  },
};
