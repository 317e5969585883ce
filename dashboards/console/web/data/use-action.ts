/** Something a person does to the platform: whether it is under way, and why it failed. */
import { useCallback, useState } from 'react';
import { ApiError } from '#dashboards/console/web/data/client.ts';

export interface Action<A extends readonly unknown[]> {
  /** Resolves with whether it was done; never throws. */
  readonly run: (...given: A) => Promise<boolean>;
  readonly busy: boolean;
  /** Of the last try. */
  readonly error: ApiError | undefined;
}

export function useAction<A extends readonly unknown[]>(act: (...given: A) => Promise<unknown>): Action<A> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const run = useCallback(
    async (...given: A): Promise<boolean> => {
      setBusy(true);
      setError(undefined);
      try {
        await act(...given);
        return true;
      } catch (reason) {
        setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [act],
  );
  return { run, busy, error };
}
