import { integer } from '#chaos/core/parameters.ts';
import { CONNECTIONS, STREAM, toxicFault } from '#chaos/faults/on-the-wire.ts';

/** Toxiproxy's `bandwidth`. */
export const bandwidth = toxicFault({
  name: 'bandwidth',
  summary: 'the link to the target is narrow',
  parameters: {
    rate: integer({
      min: 0,
      max: 1_000_000,
      unit: 'KB/s',
      default: 1,
      doc: 'of each connection, 1 KB = 1000 B; 0 stalls it',
    }),
    share: CONNECTIONS,
    stream: STREAM,
  },
  toxic: (parameters) => ({
    type: 'bandwidth',
    stream: parameters.stream,
    toxicity: parameters.share,
    attributes: { rate: parameters.rate },
  }),
});
