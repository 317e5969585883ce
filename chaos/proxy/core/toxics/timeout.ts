import { integer, numeric, type StreamToxic } from '#chaos/proxy/core/toxics/toxic.ts';

/**
 * Swallows everything and closes after `timeout` ms without a chunk; 0 never
 * closes. A connection whose bytes were swallowed cannot go on: removal closes it.
 */
export const timeout: StreamToxic = {
  type: 'timeout',
  layer: 'stream',
  attributes: [integer('timeout')],
  chunksMax: 1,
  onRemove: 'close',
  start(attributes, outlet) {
    const timeoutMs = numeric(attributes, 'timeout');
    const restart = (): void => {
      if (timeoutMs > 0) outlet.alarm(timeoutMs, () => outlet.close('close'));
    };
    restart();
    return { swallows: true, chunk: restart, end: () => outlet.passEnd() };
  },
};
