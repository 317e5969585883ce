import { integer, numeric, type StreamToxic } from '#chaos/proxy/core/toxics/toxic.ts';

/**
 * Waits for the first data or the end in its direction, then `timeout` ms, then
 * resets both ends. Connections opened before it was added close without RST,
 * as upstream, where lingering is set when a connection opens.
 */
export const resetPeer: StreamToxic = {
  type: 'reset_peer',
  layer: 'stream',
  attributes: [integer('timeout')],
  chunksMax: 1,
  onRemove: 'flush',
  start(attributes, outlet) {
    let isDoomed = false;
    const finish = (): void => outlet.close(outlet.isBorn ? 'reset' : 'close');
    const doom = (): void => {
      isDoomed = true;
      outlet.hold(numeric(attributes, 'timeout'), finish);
    };
    return {
      swallows: true,
      chunk: doom,
      end: doom,
      interrupt() {
        // Bytes are lost already: the connection cannot go on, so it ends now rather than later.
        if (isDoomed) finish();
      },
    };
  },
};
