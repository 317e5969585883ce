import { milliseconds } from '#chaos/core/parameters.ts';
import { CONNECTIONS, STREAM, toxicFault } from '#chaos/faults/on-the-wire.ts';

/** Toxiproxy's `reset_peer`. */
export const reset = toxicFault({
  name: 'reset',
  summary: 'connections to the target are reset at their first data',
  parameters: {
    timeout: milliseconds('from the first data to the reset', 0),
    share: CONNECTIONS,
    stream: STREAM,
  },
  toxic: (parameters) => ({
    type: 'reset_peer',
    stream: parameters.stream,
    toxicity: parameters.share,
    attributes: { timeout: parameters.timeout },
  }),
});
