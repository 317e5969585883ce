import { milliseconds } from '#chaos/core/parameters.ts';
import { CONNECTIONS, STREAM, toxicFault } from '#chaos/faults/on-the-wire.ts';

/** Toxiproxy's `slow_close`. */
export const slowClose = toxicFault({
  name: 'slow-close',
  summary: 'the end of a connection to the target arrives late',
  parameters: { delay: milliseconds('of the close', 2000), share: CONNECTIONS, stream: STREAM },
  toxic: (parameters) => ({
    type: 'slow_close',
    stream: parameters.stream,
    toxicity: parameters.share,
    attributes: { delay: parameters.delay },
  }),
});
