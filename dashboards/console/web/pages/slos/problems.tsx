import type { ReactNode } from 'react';
import type { Problem } from '#dashboards/console/web/data/own-api.ts';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';

/** What is wrong with the files of SLOs, where, and that the last good ones still hold. */
export function Problems({ problems }: { readonly problems: readonly Problem[] }): ReactNode {
  if (problems.length === 0) return null;
  const broken = problems.some(({ severity }) => severity === 'error');
  return (
    <Panel
      title="Problems in SLO files"
      className="wide"
      meaning={
        broken
          ? 'Nothing has changed until they are solved: the last good SLOs still hold.'
          : 'SLOs hold as written.'
      }
    >
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Problems in SLO files">
        <table>
          <thead>
            <tr>
              <th>How bad</th>
              <th>Where</th>
              <th>What</th>
            </tr>
          </thead>
          <tbody>
            {problems.map(({ file, line, column, path, severity, message }) => (
              <tr key={`${file}:${line}:${column} ${path} ${message}`}>
                <td>
                  <StateMark state={severity === 'error' ? 'burning' : 'ticket'} word={severity} />
                </td>
                <td className="mono">
                  {file}:{line}:{column}
                </td>
                <td>
                  <span className="mono">{path}</span> {message}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
