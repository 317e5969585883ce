/** Which requests an HTTP fault strikes: parameters that all of them share. */
import { share, text } from '#chaos/core/parameters.ts';
import type { Toxic } from '#chaos/faults/fault.ts';

export const HTTP_FILTER = {
  share: share('of the requests'),
  method: text({
    pattern: /^[A-Z]{0,16}$/,
    expected: 'a method such as POST, or nothing',
    default: '',
    doc: 'only requests of this method; empty: all',
  }),
  path: text({
    pattern: /^(?:|\/\S*)$/,
    expected: 'a path such as /quotes or /shipments/*, or nothing',
    default: '',
    doc: 'only requests to this path, * stands for any text; empty: all',
  }),
} as const;

interface Filter {
  readonly share: number;
  readonly method: string;
  readonly path: string;
}

/** The toxic that does `deed` to the requests of `filter`. */
export function httpToxic(
  { share: ofRequests, method, path }: Filter,
  deed: Readonly<Record<string, string | number | boolean>>,
): Omit<Toxic, 'name'> {
  return {
    type: 'http_fault',
    stream: 'upstream',
    toxicity: 1,
    attributes: {
      share: ofRequests,
      ...(method === '' ? {} : { method }),
      ...(path === '' ? {} : { path }),
      ...deed,
    },
  };
}
