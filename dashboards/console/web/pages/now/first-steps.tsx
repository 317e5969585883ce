import type { ReactNode } from 'react';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

/** Where OTLP over HTTP is taken unless the configuration names another address. */
const OTLP_PORT = 4318;

/** Nothing has arrived: how to see something within a minute. */
export function FirstSteps(): ReactNode {
  const command = firstSpan(location.hostname);
  return (
    <Panel
      title="No telemetry in this time range"
      className="main"
      meaning="It appears here by itself as soon as it arrives."
    >
      <Empty>
        <div className="first-steps">
          <p>
            A whole company to look at, with faults to start: stop this Plimsoll and type{' '}
            <code>npm start</code>.
          </p>
          <p>Or send a first span. It is on this page some ten seconds later:</p>
          <pre>{command}</pre>
          <div>
            <Copy text={command} label="copy the command" />
          </div>
          <p>
            A Node service needs no code: <code>node --import @plimsoll/sdk/register main.js</code>, with{' '}
            <code>OTEL_SERVICE_NAME</code> set. If telemetry was there before, choose a longer time range
            above.
          </p>
        </div>
      </Empty>
    </Panel>
  );
}

function firstSpan(host: string): string {
  const span = {
    traceId: '$(openssl rand -hex 16)',
    spanId: '$(openssl rand -hex 8)',
    name: 'GET /hello',
    kind: 2,
    startTimeUnixNano: '$(date +%s)000000000',
    endTimeUnixNano: '$(date +%s)042000000',
  };
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'hello' } }] },
        scopeSpans: [{ spans: [span] }],
      },
    ],
  };
  const text = JSON.stringify(body).replaceAll(/\$\([^)]*\)/g, (part) => `'"${part}"'`);
  return `curl -s http://${host}:${OTLP_PORT}/v1/traces -H 'content-type: application/json' -d '${text}'`;
}
