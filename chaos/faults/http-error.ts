import { integer } from '#chaos/core/parameters.ts';
import { HTTP_FILTER, httpToxic } from '#chaos/faults/http-filter.ts';
import { toxicFault } from '#chaos/faults/on-the-wire.ts';

export const httpError = toxicFault({
  name: 'http-error',
  layer: 'http',
  summary: 'requests to the target are answered with an error it never made',
  parameters: {
    status: integer({ min: 400, max: 599, unit: '', default: 500, doc: 'of the answer' }),
    ...HTTP_FILTER,
  },
  toxic: (parameters) => httpToxic(parameters, { status: parameters.status }),
});
