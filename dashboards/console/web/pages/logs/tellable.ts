import type { ApiError } from '#dashboards/console/web/data/client.ts';

/** A filter that cannot be read is told once, beside the lines; other failures where they happen. */
export function tellable(error: ApiError | undefined): ApiError | undefined {
  return error?.status === 400 ? undefined : error;
}
