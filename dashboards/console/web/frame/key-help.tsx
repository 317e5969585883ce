import type { ReactNode } from 'react';
import { GO_KEYS, OTHER_KEYS } from '#dashboards/console/core/keys.ts';
import { Dialog } from '#dashboards/console/web/parts/dialog.tsx';

export function KeyHelp({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="facts">
        {OTHER_KEYS.map(([keys, what]) => (
          <div key={keys} className="fact">
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        {GO_KEYS.map(({ key, name }) => (
          <div key={key} className="fact">
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>go to {name}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
