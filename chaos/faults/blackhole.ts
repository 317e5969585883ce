import { milliseconds } from '#chaos/core/parameters.ts';
import { CONNECTIONS, STREAM, toxicFault } from '#chaos/faults/on-the-wire.ts';

/** Toxiproxy's `timeout`. */
export const blackhole = toxicFault({
  name: 'blackhole',
  summary: 'connections to the target stand, but nothing comes through',
  parameters: {
    timeout: milliseconds('a silent connection is closed after it; 0: never', 0),
    share: CONNECTIONS,
    stream: STREAM,
  },
  toxic: (parameters) => ({
    type: 'timeout',
    stream: parameters.stream,
    toxicity: parameters.share,
    attributes: { timeout: parameters.timeout },
  }),
});
