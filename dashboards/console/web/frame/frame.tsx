import { useEffect, useState, type ReactNode } from 'react';
import { pathOf, type PageName, type Route } from '#dashboards/console/core/route.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { KeyHelp } from '#dashboards/console/web/frame/key-help.tsx';
import { watchKeys } from '#dashboards/console/web/frame/keyboard.ts';
import { Mark } from '#dashboards/console/web/frame/mark.tsx';
import { nextTheme, useTheme } from '#dashboards/console/web/frame/theme.ts';
import { TimePicker } from '#dashboards/console/web/frame/time-picker.tsx';
import { Menu } from '#dashboards/console/web/parts/menu.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

interface Tab {
  readonly name: string;
  readonly route: Route;
  /** Pages below it. */
  readonly also: readonly PageName[];
}

/** On a phone the first three stand below the page, the others behind "More". */
const PHONE_TABS = 3;
const TABS: readonly Tab[] = [
  { name: 'Now', route: { page: 'now' }, also: [] },
  { name: 'SLOs', route: { page: 'slos' }, also: ['slo'] },
  { name: 'Incidents', route: { page: 'incidents' }, also: ['incident'] },
  { name: 'Traces', route: { page: 'traces' }, also: ['trace', 'compare'] },
  { name: 'Logs', route: { page: 'logs' }, also: [] },
  { name: 'Metrics', route: { page: 'metrics' }, also: [] },
  { name: 'Pipeline', route: { page: 'pipeline' }, also: [] },
  { name: 'Proof', route: { page: 'proof' }, also: ['proof-report'] },
  { name: 'Receiver', route: { page: 'receiver' }, also: [] },
];

/** Bar, tabs and keys around the page. */
export function Frame({
  route,
  children,
}: {
  readonly route: Route;
  readonly children: ReactNode;
}): ReactNode {
  const [help, setHelp] = useState(false);
  const theme = useTheme();
  const incidents = useLive('incidents').data?.incidents ?? [];
  const slos = useLive('slos').data?.slos ?? [];
  const open = incidents.filter(({ state }) => state === 'firing').length;
  const used = Math.max(0, ...slos.map(({ budget }) => 1 - (budget.remainingRatio ?? 1)));
  useEffect(
    () =>
      watchKeys({
        onHelp: () => setHelp(true),
        onTimeRange: () => document.querySelector<HTMLElement>('[aria-label^="Time range"]')?.click(),
      }),
    [],
  );
  return (
    <>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="bar">
        <Link to={keepingRange(pathOf({ page: 'now' }))} className="brand" label="Plimsoll, now">
          <Mark used={used} />
          <span className="brand-name">Plimsoll</span>
        </Link>
        <Tabs route={route} open={open} />
        <span className="spread" />
        <TimePicker />
        <button
          type="button"
          className="quiet wide-only"
          title="Theme: system, dark, light"
          onClick={nextTheme}
        >
          {theme}
        </button>
        <button
          type="button"
          className="quiet wide-only"
          title="Keys"
          aria-label="Keys"
          onClick={() => setHelp(true)}
        >
          ?
        </button>
      </header>
      {children}
      {help && <KeyHelp onClose={() => setHelp(false)} />}
    </>
  );
}

function Tabs({ route, open }: { readonly route: Route; readonly open: number }): ReactNode {
  const isCurrent = ({ route: to, also }: Tab): boolean =>
    to.page === route.page || also.includes(route.page);
  const beyond = TABS.slice(PHONE_TABS);
  const here = beyond.find(isCurrent)?.name;
  return (
    <nav className="tabs" aria-label="Pages">
      {TABS.map((tab, index) => (
        <Link
          key={tab.name}
          to={keepingRange(pathOf(tab.route))}
          current={isCurrent(tab)}
          className={index < PHONE_TABS ? undefined : 'beyond'}
        >
          {tab.name}
          {tab.name === 'Incidents' && open > 0 && <span className="state-burning">▲{open}</span>}
        </Link>
      ))}
      <div className="more">
        <Menu label={here ?? 'More'} name={here === undefined ? 'More pages' : `${here}, more pages`}>
          {(close) =>
            beyond.map((tab) => (
              <Link
                key={tab.name}
                to={keepingRange(pathOf(tab.route))}
                current={isCurrent(tab)}
                onFollow={close}
              >
                {tab.name}
              </Link>
            ))
          }
        </Menu>
      </div>
    </nav>
  );
}
