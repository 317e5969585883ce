import { HTTP_FILTER, httpToxic } from '#chaos/faults/http-filter.ts';
import { toxicFault } from '#chaos/faults/on-the-wire.ts';

export const httpAbort = toxicFault({
  name: 'http-abort',
  layer: 'http',
  summary: 'connections break in the middle of requests to the target',
  parameters: HTTP_FILTER,
  toxic: (parameters) => httpToxic(parameters, { abort: true }),
});
