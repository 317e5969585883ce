import type { ReactNode } from 'react';
import { formatBytes, formatCount, MISSING } from '#dashboards/console/core/numbers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { Pipeline } from '#dashboards/console/web/data/own-api.ts';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Ago } from '#dashboards/console/web/parts/time.tsx';

/** What the stores hold, on disk and in memory. */
export function Stores({ stores }: { readonly stores: Pipeline['stores'] }): ReactNode {
  return (
    <Panel
      className="half"
      title="Stores"
      meaning="the tail is in memory and on the journal until it is sealed"
    >
      {stores.length === 0 && (
        <Empty>
          This program keeps nothing itself. What pages show comes from the servers that <code>storage</code>{' '}
          names; what is on its way to them stands under exporters, here or at the collectors.
        </Empty>
      )}
      {stores.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Stores">
          <table className="stores">
            <thead>
              <tr>
                <th>Store</th>
                <th className="number">On disk</th>
                <th className="number">Tail</th>
                <th>Oldest data</th>
                <th className="number">Memory</th>
              </tr>
            </thead>
            <tbody>
              {stores.map(({ name, bytes, tailItems, oldestUnixNanos, residentBytes }) => (
                <tr key={name}>
                  <td>
                    <Link to={keepingRange(pathOf({ page: name === 'metrics' ? 'metrics' : 'traces' }))}>
                      {name}
                    </Link>
                  </td>
                  <td className="number">{formatBytes(bytes)}</td>
                  <td className="number">
                    {formatCount(tailItems)} {name === 'metrics' ? 'samples' : 'items'}
                  </td>
                  <td className="no-wrap">
                    {oldestUnixNanos === undefined ? MISSING : <Ago ms={millis(oldestUnixNanos)} />}
                  </td>
                  <td className="number">
                    {residentBytes === undefined ? (
                      <span title="It lives within the main process.">in main</span>
                    ) : (
                      formatBytes(residentBytes)
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** Whole milliseconds are exact enough for an age. */
function millis(unixNanos: string): number {
  return Number(BigInt(unixNanos) / 1_000_000n);
}
