import type { ReactNode } from 'react';
import { changeQuery, setTimeRange } from '#dashboards/console/web/data/location.ts';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';

interface NoTracesProps {
  /** Something in the search cannot be read. */
  readonly isRefused: boolean;
  /** No service has ever sent a span. */
  readonly isEmptyStore: boolean;
}

/** Why there is no trace, and what to do about it. */
export function NoTraces({ isRefused, isEmptyStore }: NoTracesProps): ReactNode {
  if (isRefused) return <Empty>The search is not asked for until the marked field can be read.</Empty>;
  if (isEmptyStore)
    return (
      <Empty>
        <p>No span has arrived yet. Start a service with the SDK, or send OTLP over HTTP:</p>
        <pre>
          {'node --import @plimsoll/sdk/register app.js\n'}
          {'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318'}
        </pre>
        <p>Without a service of your own, npm start runs a demo that sends some.</p>
      </Empty>
    );
  return (
    <Empty>
      <p>No trace in this time matches. New ones appear here by themselves.</p>
      <p className="chips">
        <button
          type="button"
          onClick={() =>
            changeQuery({
              operation: undefined,
              tags: undefined,
              minDuration: undefined,
              maxDuration: undefined,
              errors: undefined,
            })
          }
        >
          Any trace of this service
        </button>
        <button type="button" onClick={() => setTimeRange({ from: 'now-24h', to: 'now' })}>
          Last 24 h
        </button>
      </p>
    </Empty>
  );
}
