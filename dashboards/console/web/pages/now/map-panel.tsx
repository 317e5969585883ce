import { useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { serviceMap, type MapEdge } from '#dashboards/console/core/service-map.ts';
import { formatWindow } from '#dashboards/console/core/times.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { onTables } from '#dashboards/console/web/frame/keyboard.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { EdgeLabels, MapEdges } from '#dashboards/console/web/pages/now/map-edges.tsx';
import { MapNode } from '#dashboards/console/web/pages/now/map-node.tsx';
import { MapTable } from '#dashboards/console/web/pages/now/map-table.tsx';
import { mapServices, type MapService } from '#dashboards/console/web/pages/now/map-service.ts';
import type { NowFigures } from '#dashboards/console/web/pages/now/use-now.ts';

interface MapPanelProps {
  readonly figures: NowFigures;
  /** Worst first. */
  readonly slos: readonly Slo[];
}

/** The services, left to right by call depth. */
export function MapPanel({ figures, slos }: MapPanelProps): ReactNode {
  const [asTable, setAsTable] = useState(false);
  useEffect(() => onTables(() => setAsTable((before) => !before)), []);
  const services = useMemo(() => mapServices(figures, slos), [figures, slos]);
  return (
    <Panel
      title="Services"
      className="main"
      meaning={`Who calls whom; rates of the last ${formatWindow(figures.windowMs)}. The wider, the more calls.`}
      loading={figures.loading}
      error={figures.error}
      actions={
        <>
          <CopyCurl path={figures.paths.calls} />
          <button type="button" className="copy quiet" onClick={() => setAsTable(!asTable)}>
            {asTable ? 'as a map' : 'as a table'}
          </button>
        </>
      }
    >
      {asTable ? (
        <MapTable services={services} calls={figures.calls} />
      ) : (
        <MapPicture services={services} figures={figures} />
      )}
    </Panel>
  );
}

function MapPicture({
  services,
  figures,
}: {
  readonly services: readonly MapService[];
  readonly figures: NowFigures;
}): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [near, setNear] = useState<string | undefined>(undefined);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const measure = (): void => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // Rates come every few seconds and change no place: only who calls whom does.
  const shape = JSON.stringify([
    services.map(({ name }) => name),
    figures.calls.map(({ from, to, weak }) => ({ from, to, weak })),
  ]);
  const map = useMemo(() => {
    const [names, edges] = JSON.parse(shape) as [readonly string[], readonly MapEdge[]];
    return serviceMap(names, edges, width);
  }, [shape, width]);
  const byName = new Map(services.map((service) => [service.name, service]));
  return (
    <div ref={place} className="scroll-x service-map" role="group" aria-label="Service map" tabIndex={0}>
      {width > 0 && (
        <svg width={map.width} height={map.height} viewBox={`0 0 ${map.width} ${map.height}`}>
          <MapEdges edges={map.edges} calls={figures.calls} near={near} />
          {map.nodes.map((box) => {
            const service = byName.get(box.name);
            return service === undefined ? null : (
              <MapNode key={box.name} box={box} map={map} service={service} onNear={setNear} />
            );
          })}
          <EdgeLabels edges={map.edges} calls={figures.calls} />
        </svg>
      )}
    </div>
  );
}
