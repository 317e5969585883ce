import { integer, milliseconds } from '#chaos/core/parameters.ts';
import { HTTP_FILTER, httpToxic } from '#chaos/faults/http-filter.ts';
import { toxicFault } from '#chaos/faults/on-the-wire.ts';

export const httpDelay = toxicFault({
  name: 'http-delay',
  layer: 'http',
  summary: 'requests to the target wait before they get there',
  parameters: {
    delay: integer({ min: 1, max: 60_000, unit: 'ms', default: 1000, doc: 'on average' }),
    jitter: milliseconds('the delay is drawn evenly from delay ± jitter, never below 0', 0),
    ...HTTP_FILTER,
  },
  toxic: (parameters) =>
    httpToxic(parameters, {
      delay_ms: parameters.delay,
      delay_jitter_ms: Math.min(parameters.jitter, parameters.delay),
    }),
});
