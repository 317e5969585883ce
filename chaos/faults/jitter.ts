import { milliseconds } from '#chaos/core/parameters.ts';
import { CONNECTIONS, STREAM, toxicFault } from '#chaos/faults/on-the-wire.ts';

/** Toxiproxy's `latency` with its `jitter`. */
export const jitter = toxicFault({
  name: 'jitter',
  summary: 'answers of the target arrive now sooner, now later',
  parameters: {
    latency: milliseconds('added on average', 300),
    jitter: milliseconds('the delay is drawn evenly from latency ± jitter', 300),
    share: CONNECTIONS,
    stream: STREAM,
  },
  toxic: (parameters) => ({
    type: 'latency',
    stream: parameters.stream,
    toxicity: parameters.share,
    attributes: { latency: parameters.latency, jitter: parameters.jitter },
  }),
});
