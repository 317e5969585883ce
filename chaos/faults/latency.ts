import { milliseconds } from '#chaos/core/parameters.ts';
import { CONNECTIONS, STREAM, toxicFault } from '#chaos/faults/on-the-wire.ts';

/** Toxiproxy's `latency`. */
export const latency = toxicFault({
  name: 'latency',
  summary: 'every answer of the target arrives later',
  parameters: {
    latency: milliseconds('added to each piece of data from its arrival on', 1000),
    share: CONNECTIONS,
    stream: STREAM,
  },
  toxic: (parameters) => ({
    type: 'latency',
    stream: parameters.stream,
    toxicity: parameters.share,
    attributes: { latency: parameters.latency, jitter: 0 },
  }),
});
